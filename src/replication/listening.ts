import type { Time } from '../ports/index.ts'
import type { Peer } from './peer.ts'
import type { Voting } from './voting.ts'

export interface ListeningOptions {
  readonly self: string
  readonly time: Time
  readonly heartbeatTimeoutMs: number
  readonly voting: Voting
  readonly peer: (name: string) => Peer | undefined
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

  /** Whether every other voter has answered since, or is given up. */
  get heardAll(): boolean {
    return this.#all((peer) => peer.answers >= this.#question)
  }

  /** Whether every other voter has told this life of the server what its disk was heard to hold, or is given up. */
  get toldAll(): boolean {
    return this.#all((peer) => peer.hears === this.#options.incarnation())
  }

  #all(has: (peer: Peer) => boolean): boolean {
    const { self, time, heartbeatTimeoutMs, voting, peer } = this.#options
    if (time.monotonic() - this.#since >= heartbeatTimeoutMs) return true
    return voting.everyone.every((name) => {
      const voter = peer(name)
      return name === self || (voter !== undefined && has(voter))
    })
  }
}
