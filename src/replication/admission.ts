import type { Time } from '../ports/index.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Voting } from './voting.ts'

/** So many heartbeat timeouts an unknown address is waited for: ref may be away for long. */
const ADDRESS_TIMEOUTS = 3

export interface AdmissionOptions {
  readonly self: string
  readonly time: Time
  readonly heartbeatTimeoutMs: number
  readonly voting: Voting
  readonly peers: Pick<Peers, 'get'>
  readonly incarnation: () => number
}

/**
 * Whether this server may accept operations. Others make things final without waiting for one whom they do not count;
 * what that one then accepts comes late. So after its start, and after it stood still, a server accepts only when every
 * other voter says that it counts it, or that it makes nothing final, or has been silent as long as it takes to be no longer
 * counted itself. Where a voter is may not be known yet, when ref has lost its file: until then, or for some timeouts, that one has
 * not been silent.
 */
export class Admission {
  readonly #options: AdmissionOptions
  /** Monotonic ms. */
  #since: number
  /** What was said before the answer to it may have waited in a socket, and says nothing of now. */
  #question = 0
  /** Since when each voter is heard or its address known, monotonic ms: before that its silence says nothing. */
  readonly #knownSince = new Map<string, number>()

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#since = options.time.monotonic()
  }

  /** This server stood still: nobody may count it any more. Who does says so in an answer to this question. */
  restart(question: number): void {
    this.#since = this.#options.time.monotonic()
    this.#question = question
  }

  get granted(): boolean {
    const { self, voting } = this.#options
    return voting.epoch > 0 && voting.everyone.every((name) => name === self || this.#agrees(name))
  }

  #agrees(name: string): boolean {
    const { time, heartbeatTimeoutMs, peers, incarnation } = this.#options
    const voter = peers.get(name)
    const answers = voter !== undefined && voter.answers >= this.#question
    // Who is alone need not count anyone: it makes nothing final, and asks before it does again.
    if (answers && (voter.countsMe === incarnation() || voter.alone)) return true
    // Nor need a voter that is itself joining.
    if (voter !== undefined && voter.state === 'joining' && voter.heardAt > this.#since) return true
    const now = time.monotonic()
    const knownSince = this.#knownSince.get(name) ?? this.#learn(name, voter, now)
    if (knownSince === undefined) {
      return voter?.toldDown === true || now - this.#since >= heartbeatTimeoutMs * ADDRESS_TIMEOUTS
    }
    return now - Math.max(this.#since, knownSince, voter?.heardAt ?? 0) >= heartbeatTimeoutMs
  }

  #learn(name: string, voter: Peer | undefined, now: number): number | undefined {
    if (voter === undefined || (voter.address === '' && voter.heardAt === Number.NEGATIVE_INFINITY))
      return undefined
    this.#knownSince.set(name, now)
    return now
  }
}
