import type { Publication } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Checker, Witness } from '../witness.ts'
import { isHeld } from './durability.ts'

/** A deadline counts from before an operation has its clock, by the server's own clock. */
const PATIENCE = 0.9

/** Nothing is published before it is held as its level asks; live delivery is in order, once, and shows its gaps. */
export class Publishing implements Checker {
  readonly #witness: Witness
  readonly #ackDeadlineMs: number
  readonly #last = new Map<string, number>()

  constructor({ witness, options }: Cluster) {
    this.#witness = witness
    this.#ackDeadlineMs = options.ackDeadlineMs
  }

  published({ name }: SimulatedServer, { operation, user, id }: Publication): void {
    const { origin, incarnation, seq } = operation
    const level = this.#witness.wishes.get(`${user} ${id}`)?.level ?? 'quorum'
    const accepted = this.#witness.operations.get(`${origin}/${incarnation} ${seq}`)
    const waited = this.#witness.now() - (accepted?.at ?? Number.POSITIVE_INFINITY)
    // What asked for all is published at a majority once its client has been told that it waits too long.
    const enough = level === 'all' && waited > this.#ackDeadlineMs * PATIENCE ? 'quorum' : level
    if (isHeld(this.#witness, { stream: `${origin}/${incarnation}`, seq }, enough, name)) return
    this.#witness.find(`${name} published ${id} of ${user}, which is not yet held at ${enough}`)
  }

  live(subscriber: string, publication: Publication): void {
    const { operation, previous, id, user, channel, to } = publication
    const { origin, incarnation, seq } = operation
    const topic = channel ?? `to ${to}`
    const key = `${subscriber} ${topic} ${origin}/${incarnation}`
    const last = this.#last.get(key) ?? 0
    this.#last.set(key, seq)
    if (seq <= last) this.#witness.find(`${subscriber} heard ${id} of ${user} out of its incarnation's order`)
    if (previous > 0 && previous >= seq)
      this.#witness.find(`${id} of ${user} names a later one as its former`)
    for (let between = previous + 1; between < seq; between++) {
      const passed = this.#witness.operations.get(`${origin}/${incarnation} ${between}`)
      if (passed !== undefined && topicOf(passed) === topic)
        this.#witness.find(`${id} of ${user} hides a gap: ${passed.id} of ${passed.user} was before it`)
    }
  }
}

function topicOf({ kind, target }: { kind: string; target: string }): string | undefined {
  if (kind === 'publish') return target
  return kind === 'message' ? `to ${target}` : undefined
}
