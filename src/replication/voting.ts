import { isMajorityOf, type Voters } from '../wire/index.ts'

/** The voters as this server has them on its disk: every majority is of this list, and of the one that shall follow. */
export class Voting {
  #voters: Voters

  constructor(voters: Voters) {
    this.#voters = voters
  }

  get voters(): Voters {
    return this.#voters
  }

  get epoch(): number {
    return this.#voters.epoch
  }

  get names(): readonly string[] {
    return this.#voters.names
  }

  /** Those of the list and of the one that shall follow. */
  get everyone(): readonly string[] {
    const { names, next = [] } = this.#voters
    return [...names, ...next.filter((name) => !names.includes(name))]
  }

  /** The list, and the one that shall follow if there is one; none before the first. */
  get lists(): readonly (readonly string[])[] {
    const { names, next } = this.#voters
    if (names.length === 0) return []
    return next === undefined ? [names] : [names, next]
  }

  /** Whether those of `names` that vote are a majority; nobody is while there is no list. */
  isMajority(names: Iterable<string>): boolean {
    return isMajorityOf(names, this.#voters)
  }

  /** Takes a list of a higher epoch, once it is on the disk. */
  adopt(voters: Voters): void {
    if (voters.epoch > this.epoch) this.#voters = voters
  }
}
