import type { Cancel, Time, Timers } from '../../src/ports/index.ts'
import type { ProcessTime, VirtualTime } from '../support/virtual-time.ts'
import type { Host } from './network.ts'

export interface ClockOptions {
  readonly offsetMs?: number
  readonly driftPpm?: number
}

/** One process: its clocks and timers, which a crash ends and a freeze holds back. */
export class SimulatedProcess implements Host, Time, Timers {
  readonly name: string
  life = 0
  /** Whether what runs here uses promises, whose turn comes only when the world lets it. */
  readonly promising: boolean
  #clock: ProcessTime
  readonly #world: VirtualTime
  readonly #options: ClockOptions
  #offsetMs: number
  #frozen = false
  #waiting: (() => void)[] = []
  readonly #ends = new Set<() => void>()

  constructor(world: VirtualTime, name: string, options: ClockOptions & { promising?: boolean } = {}) {
    this.name = name
    this.promising = options.promising ?? false
    this.#world = world
    this.#options = options
    this.#offsetMs = options.offsetMs ?? 0
    this.#clock = world.process(this.#options)
  }

  get frozen(): boolean {
    return this.#frozen
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  wall(): number {
    return this.#clock.wall()
  }

  /** Somebody set the machine's clock. */
  stepWall(ms: number): void {
    this.#offsetMs += ms
    this.#clock.offsetMs = this.#offsetMs
  }

  soon(callback: () => void): void {
    this.after(0, callback)
  }

  after(ms: number, callback: () => void): Cancel {
    const life = this.life
    return this.#clock.after(ms, () => {
      if (life === this.life) this.deliver(callback)
    })
  }

  every(ms: number, callback: () => void): Cancel {
    const life = this.life
    let waiting = false
    const turn = (): void => {
      waiting = false
      callback()
    }
    return this.#clock.every(ms, () => {
      // A frozen process finds one tick when it thaws, however many it has missed.
      if (life !== this.life || waiting) return
      waiting = true
      this.deliver(turn)
    })
  }

  /** Has it called when this life ends; until the returned function is called. */
  whenEnded(callback: () => void): Cancel {
    this.#ends.add(callback)
    return () => this.#ends.delete(callback)
  }

  deliver(handle: () => void): void {
    if (this.#frozen) {
      this.#waiting.push(handle)
      return
    }
    if (this.promising) this.#world.promises = true
    handle()
  }

  freeze(): void {
    this.#frozen = true
  }

  thaw(): void {
    this.#frozen = false
    const waiting = this.#waiting
    this.#waiting = []
    const life = this.life
    for (const handle of waiting) {
      if (life === this.life) this.deliver(handle)
    }
  }

  /** Ends this life: its timers, and all that was on its way to it. */
  crash(): void {
    for (const end of this.#ends) end()
    this.#ends.clear()
    this.life++
    this.#clock.stop()
    this.#clock = this.#world.process(this.#options)
    this.#clock.offsetMs = this.#offsetMs
    this.#frozen = false
    this.#waiting = []
  }
}
