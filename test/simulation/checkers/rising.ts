import type { SimulatedServer } from '../server.ts'
import type { Checker, Witness } from '../witness.ts'

/** Who has caught up holds on disk all that was acknowledged at a majority before it started. */
export class Rising implements Checker {
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  state({ name, startedAt }: SimulatedServer, state: string): void {
    if (state !== 'up') return
    const { holds } = this.#witness.disk(name)
    for (const { acknowledgedAt, level, operation, user, id } of this.#witness.wishes.values()) {
      if (operation === undefined || level === 'one') continue
      if (acknowledgedAt === undefined || acknowledgedAt >= startedAt) continue
      const { origin, incarnation, seq } = operation
      if ((holds.get(`${origin}/${incarnation}`) ?? 0) >= seq) continue
      this.#witness.find(`${name} rose without ${id} of ${user}, acknowledged before it started`)
    }
  }
}
