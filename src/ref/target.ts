import { type Heartbeat, isMajority, type Vector } from '../wire/index.ts'
import { heldByAny, majorityHolds, risen } from './voters.ts'

/** What must be on most disks of the list that follows before it takes the place of the former: all that anyone had. */
export class Target {
  readonly #held: Vector
  /** Whose disks were asked, in which incarnations. */
  readonly #lives: ReadonlyMap<string, number>

  constructor(live: readonly Heartbeat[]) {
    this.#held = heldByAny(live)
    this.#lives = new Map(live.map(({ name, incarnation }) => [name, incarnation]))
  }

  /** Whether most of these have it on their disks. */
  isHeldBy(names: readonly string[], live: readonly Heartbeat[]): boolean {
    return majorityHolds(this.#held, live, names)
  }

  /**
   * Whether a server that was asked has ended since: what only it had may be gone for good with its disk. Then all are
   * asked anew, once most of `names` can tell: what was acknowledged is on one of them.
   */
  isOutdated(names: readonly string[], live: readonly Heartbeat[]): boolean {
    const now = new Map(live.map(({ name, incarnation }) => [name, incarnation]))
    const ended = [...this.#lives].some(([name, incarnation]) => now.get(name) !== incarnation)
    return ended && isMajority(risen(live), names)
  }
}
