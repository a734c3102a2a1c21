import type { Accepted, Checker, Wish, Witness } from '../witness.ts'

/** What one connection sent at once, each only once, has one order in each incarnation that accepted it: that in which it was sent. */
export class SendersOrder implements Checker {
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  end(): void {
    const once = [...this.#witness.wishes.values()].filter(({ sent }) => sent === 1)
    const accepted = Map.groupBy(this.#witness.operations.values(), ({ user, id }) => `${user} ${id}`)
    for (const burst of Map.groupBy(once, ({ session, sentAt }) => `${session} ${sentAt}`).values())
      if (burst.length > 1) this.#check(burst, accepted)
  }

  #check(burst: readonly Wish[], accepted: ReadonlyMap<string, readonly Accepted[]>): void {
    const last = new Map<string, Accepted>()
    for (const { user, id } of burst) {
      for (const operation of accepted.get(`${user} ${id}`) ?? []) {
        const former = last.get(operation.stream)
        if (former !== undefined && former.seq > operation.seq)
          this.#witness.find(`${id} of ${user} was accepted before ${former.id}, which was sent before it`)
        last.set(operation.stream, operation)
      }
    }
  }
}
