import { covers, join, type ReadonlyVector, type Vector } from '../wire/index.ts'
import type { Peer } from './peer.ts'
import type { Voting } from './voting.ts'

/**
 * A question to the peers, answered by their next whole heads, and what follows from the answers: all that a majority
 * of the voters had on disk when asked. Who holds that, holds everything that was acknowledged before the question.
 */
export class Barrier {
  readonly question: number
  /** Whether intact servers that are themselves still joining count: they do for catching up, not for "unknown". */
  readonly #joiningCount: boolean
  readonly #answered = new Set<string>()
  readonly #target: Vector = new Map()
  /** Answers of any server, whatever the state of its disk: nobody knows more than all voters together. */
  readonly #anyAnswered = new Set<string>()
  readonly #anyTarget: Vector = new Map()

  constructor(question: number, options: { joiningCount: boolean }) {
    this.question = question
    this.#joiningCount = options.joiningCount
  }

  /** Takes in what a peer's whole head just said, if that answers the question. */
  offer(peer: Peer): void {
    if (peer.answers < this.question) return
    if (!this.#anyAnswered.has(peer.name)) {
      this.#anyAnswered.add(peer.name)
      join(this.#anyTarget, peer.durable)
    }
    if (this.#answered.has(peer.name) || !this.#vouches(peer)) return
    this.#answered.add(peer.name)
    join(this.#target, peer.durable)
  }

  /** Whether enough have answered and this disk holds what they had. `selfCounts`: the asker's own disk is intact. */
  met(voting: Voting, self: string, selfCounts: boolean, durableHere: ReadonlyVector): boolean {
    const vouching = selfCounts ? [...this.#answered, self] : this.#answered
    if (voting.isMajority(vouching) && covers(durableHere, this.#target)) return true
    const all =
      voting.names.length > 0 && voting.names.every((name) => name === self || this.#anyAnswered.has(name))
    return this.#joiningCount && all && covers(durableHere, this.#anyTarget)
  }

  /** How many operations are still to come before the barrier is met, as far as is known. */
  missing(durableHere: ReadonlyVector): number {
    let count = 0
    for (const [stream, seq] of this.#anyTarget) count += Math.max(0, seq - (durableHere.get(stream) ?? 0))
    return count
  }

  #vouches(peer: Peer): boolean {
    if (peer.state !== 'joining') return true
    return this.#joiningCount && peer.intact && peer.owesNothing
  }
}
