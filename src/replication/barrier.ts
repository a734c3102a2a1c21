import { covers, join, type ReadonlyVector, type Vector } from '../wire/index.ts'
import type { Peer } from './peer.ts'
import type { Voting } from './voting.ts'

/**
 * A question to the peers, answered by their next whole heads, and what follows from the answers: all that a majority
 * of the voters had on disk when asked. Who holds that, holds everything that was acknowledged before the question.
 */
export class Barrier {
  readonly question: number
  readonly #answers = new Answers()
  /**
   * Answers of any server, whatever the state of its disk: nobody knows more than all voters together. All of them are given while
   * all lives that answer have begun: else one answers that it has nothing yet, gets from another what that had, and this one
   * answers when it has lost its disk.
   */
  #anyAnswers = new Answers()
  #anyQuestion: number
  /** Of each peer that was heard, the incarnation. */
  readonly #lives = new Map<string, number>()
  /** Whether intact servers that are themselves still joining count: they do for catching up, not for "unknown". */
  readonly #joiningCount: boolean
  readonly #askAgain: () => number

  /** `askAgain` asks the peers anew, and gives that question's number. */
  constructor(question: number, options: { joiningCount: boolean; askAgain: () => number }) {
    this.question = question
    this.#anyQuestion = question
    this.#joiningCount = options.joiningCount
    this.#askAgain = options.askAgain
  }

  /** Takes in what a peer's whole head just said, if that answers the question. */
  offer(peer: Peer): void {
    if (this.#joiningCount && this.#lives.get(peer.name) !== peer.incarnation) {
      this.#lives.set(peer.name, peer.incarnation)
      this.#anyAnswers = new Answers()
      this.#anyQuestion = this.#askAgain()
    }
    this.#anyAnswers.take(peer, peer.answers >= this.#anyQuestion)
    this.#answers.take(peer, peer.answers >= this.question && this.#vouches(peer))
  }

  /**
   * Whether this disk holds all that a majority had when they answered. `selfCounts`: the asker's own disk is intact. What
   * others had beside them need not be waited for: it was not acknowledged, and may be gone for good with who had it.
   */
  met(voting: Voting, self: string, selfCounts: boolean, durableHere: ReadonlyVector): boolean {
    const vouching = this.#answers.coveredBy(durableHere)
    if (voting.isMajority(selfCounts ? [...vouching, self] : vouching)) return true
    if (!this.#joiningCount || voting.epoch === 0) return false
    const all = new Set(this.#anyAnswers.coveredBy(durableHere))
    return voting.everyone.every((name) => name === self || all.has(name))
  }

  /** How many operations are still to come before the barrier is met, as far as is known. */
  missing(durableHere: ReadonlyVector): number {
    let count = 0
    for (const [stream, seq] of this.#anyAnswers.held())
      count += Math.max(0, seq - (durableHere.get(stream) ?? 0))
    return count
  }

  #vouches(peer: Peer): boolean {
    if (peer.state !== 'joining') return true
    return this.#joiningCount && peer.intact && peer.owesNothing
  }
}

/** The first answer of each peer's present life. What a former life had may be lost with its disk, and never come. */
class Answers {
  readonly #byName = new Map<string, { readonly incarnation: number; readonly durable: ReadonlyVector }>()

  /** Those who had nothing that this disk lacks. */
  coveredBy(durableHere: ReadonlyVector): string[] {
    return [...this.#byName].filter(([, { durable }]) => covers(durableHere, durable)).map(([name]) => name)
  }

  /** All that those who answered had, joined. */
  held(): ReadonlyVector {
    const held: Vector = new Map()
    for (const { durable } of this.#byName.values()) join(held, durable)
    return held
  }

  take({ name, incarnation, durable }: Peer, answers: boolean): void {
    const known = this.#byName.get(name)
    if (known !== undefined && known.incarnation >= incarnation) return
    this.#byName.delete(name)
    if (answers) this.#byName.set(name, { incarnation, durable: new Map(durable) })
  }
}
