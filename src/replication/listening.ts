import type { Time } from '../ports/index.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Voting } from './voting.ts'

export interface ListeningOptions {
  readonly self: string
  readonly time: Time
  readonly heartbeatTimeoutMs: number
  readonly voting: Voting
  readonly peers: Pick<Peers, 'get' | 'all'>
  readonly incarnation: () => number
}

/**
 * Whom this server has heard since it began to listen: at its start, when it has caught up, after it stood still. Who has
 * said nothing yet may only be late; for one who says nothing for a whole heartbeat timeout it waits no longer.
 */
export class Listening {
  readonly #options: ListeningOptions
  /** Monotonic ms. */
  #since: number
  #question = 0

  constructor(options: ListeningOptions) {
    this.#options = options
    this.#since = options.time.monotonic()
  }

  /**
   * This server stood still, or has caught up and says so with this question. What was said before the answer may have
   * waited in a socket, and before they know that it has caught up the others may accept without being counted by it.
   */
  restart(question: number): void {
    this.#since = this.#options.time.monotonic()
    this.#question = question
  }

  /**
   * Whether every other server that may accept has answered since, or is given up: the voters, and whoever else is
   * known. A newer list may name those, and a server accepts from when the voters count it, before any list does.
   */
  get heardAll(): boolean {
    const { peers } = this.#options
    const answered = (peer: Peer): boolean => peer.answers >= this.#question
    return (
      this.#isOver ||
      ([...peers.all()].every((peer) => peer.removed || answered(peer)) && this.#all(answered))
    )
  }

  /** Whether every other voter has told this life of the server what its disk was heard to hold, or is given up. */
  get toldAll(): boolean {
    return this.#isOver || this.#all((peer) => peer.hears === this.#options.incarnation())
  }

  get #isOver(): boolean {
    const { time, heartbeatTimeoutMs } = this.#options
    return time.monotonic() - this.#since >= heartbeatTimeoutMs
  }

  #all(has: (peer: Peer) => boolean): boolean {
    const { self, voting, peers } = this.#options
    return voting.everyone.every((name) => {
      const voter = peers.get(name)
      return name === self || (voter !== undefined && has(voter))
    })
  }
}
