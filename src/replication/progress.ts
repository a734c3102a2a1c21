import type { Log } from '../ports/index.ts'
import type { Peers } from './peers.ts'
import type { Voting } from './voting.ts'

const INTERVAL_MS = 2000

/** Tells every two seconds how far this server has caught up, while it has not. */
export class Progress {
  readonly #log: Log
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(log: Log) {
    this.#log = log
  }

  /** `now`: monotonic ms. */
  tell(now: number, missing: number, voting: Voting, peers: Peers): void {
    if (now - this.#toldAt < INTERVAL_MS) return
    this.#toldAt = now
    const heard = peers.live().map(({ name }) => name)
    this.#log.info({ operations_missing: missing, voters: voting.names, heard }, 'Catching up')
  }
}
