import { isMajorityOf, type Voters } from '../wire/index.ts'

/** The voters as this server has them on its disk: every majority is of this list, and of the one that shall follow. */
export class Voting {
  #voters: Voters
  #aloneUntil: number
  #toldEpoch = 0

  /** `aloneUntil`, monotonic ms: until then a list of one waits for ref to say that there is no newer one. */
  constructor(voters: Voters, aloneUntil = Number.NEGATIVE_INFINITY) {
    this.#voters = voters
    this.#aloneUntil = aloneUntil
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

  /**
   * Whether the list is one to rise by. A longer one takes a majority, and the others would name a newer; a server that
   * votes alone asks nobody, and its disk may be a copy from before others voted too: only ref can tell.
   */
  isNewest(now: number): boolean {
    if (this.epoch === 0) return false
    if (this.everyone.length > 1) return true
    return this.#toldEpoch > 0 ? this.epoch >= this.#toldEpoch : now >= this.#aloneUntil
  }

  /** This server stood still: what ref said meanwhile is still to come. */
  waitAlone(until: number): void {
    this.#aloneUntil = until
  }

  /** Ref told of a list of this epoch. */
  told({ epoch }: Voters): void {
    this.#toldEpoch = Math.max(this.#toldEpoch, epoch)
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
  isMajority(names: readonly string[]): boolean {
    return isMajorityOf(names, this.#voters)
  }

  /** Takes a list of a higher epoch, once it is on the disk. */
  adopt(voters: Voters): void {
    if (voters.epoch > this.epoch) this.#voters = voters
  }
}
