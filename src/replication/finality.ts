import type { Store } from '../store/index.ts'
import type { Listening } from './listening.ts'
import type { Peer } from './peer.ts'
import type { Questions } from './questions.ts'
import { stableClock } from './stability.ts'
import type { Voting } from './voting.ts'

export interface FinalityOptions {
  readonly self: string
  readonly store: Pick<Store, 'finalClock' | 'finalise'>
  readonly voting: Voting
  readonly questions: Questions
  readonly listening: Listening
  /** Live peers that have caught up. */
  readonly counted: () => readonly Peer[]
  readonly ownPromise: () => number
}

/**
 * Makes the order final as far as nobody will accept anything below. Whom this server tells that it makes nothing final now
 * accepts without being counted by it, so it first asks them all anew when that ends.
 */
export class Finality {
  readonly #options: FinalityOptions
  #saidAlone = false

  constructor(options: FinalityOptions) {
    this.#options = options
  }

  /** What is said to a peer now: whether this server and those it counts are no majority. */
  sayAlone(): boolean {
    const isAlone = !this.#isMajority(this.#options.counted())
    if (isAlone) this.#saidAlone = true
    return isAlone
  }

  /** Makes nothing final before all others have answered a question that is asked now, or are given up: its number. */
  askAnew(): number {
    const { questions, listening } = this.#options
    this.#saidAlone = false
    const question = questions.ask()
    listening.restart(question)
    return question
  }

  /** To be called when anything came that something may follow from. */
  advance(): void {
    const { self, store, voting, listening, counted, ownPromise } = this.#options
    if (this.#saidAlone && this.#isMajority(counted())) this.askAnew()
    // Whoever has not been heard yet may be about to accept something lower.
    if (!listening.heardAll) return
    const stable = stableClock({ self, ownPromise: ownPromise(), counted: counted(), voting })
    if (stable > store.finalClock) store.finalise(stable)
  }

  #isMajority(counted: readonly Peer[]): boolean {
    const { self, voting } = this.#options
    return voting.isMajority([self, ...counted.map(({ name }) => name)])
  }
}
