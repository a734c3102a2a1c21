import type { SimulatedServer } from '../server.ts'
import type { Checker, Witness } from '../witness.ts'

/** Clocks never go back: Lamport's over restarts too, unless the disk was lost; corrected time while a process lives. */
export class Clocks implements Checker {
  readonly #witness: Witness
  readonly #clocks = new Map<string, { clock: number; losses: number }>()
  readonly #times = new Map<string, { ms: number; life: number }>()

  constructor(witness: Witness) {
    this.#witness = witness
  }

  clock({ name }: SimulatedServer, clock: number): void {
    const losses = this.#witness.disk(name).losses.length
    const last = this.#clocks.get(name)
    if (last === undefined) {
      this.#clocks.set(name, { clock, losses })
      return
    }
    if (clock <= last.clock && losses === last.losses)
      this.#witness.find(`The Lamport clock of ${name} went from ${last.clock} to ${clock}`)
    last.clock = clock
    last.losses = losses
  }

  time({ name, process }: SimulatedServer, ms: number): void {
    const { life } = process
    const last = this.#times.get(name)
    if (last === undefined) {
      this.#times.set(name, { ms, life })
      return
    }
    if (last.life === life && ms < last.ms)
      this.#witness.find(`The corrected time of ${name} went back from ${last.ms} to ${ms}`)
    last.ms = ms
    last.life = life
  }
}
