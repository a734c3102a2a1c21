import type { Voters } from '../wire/index.ts'

/** The voters as this server has them on its disk: every majority is of this list. */
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

  /** How many make a majority; more than anyone can gather while there is no list. */
  get majority(): number {
    return this.names.length === 0 ? Number.POSITIVE_INFINITY : Math.floor(this.names.length / 2) + 1
  }

  has(name: string): boolean {
    return this.names.includes(name)
  }

  /** Whether those of `names` that vote are a majority. */
  isMajority(names: Iterable<string>): boolean {
    let count = 0
    for (const name of new Set(names)) if (this.has(name)) count++
    return count >= this.majority
  }

  /** Takes a list of a higher epoch, once it is on the disk. */
  adopt(voters: Voters): void {
    if (voters.epoch > this.epoch) this.#voters = voters
  }
}
