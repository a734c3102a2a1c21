import { Barrier } from './barrier.ts'
import type { Peer } from './peer.ts'

/** Callers that wait for the next barrier; more are refused. */
const WAITING_MAX = 65_536

export interface QuestionsOptions {
  /** Whether enough have answered the barrier and this disk holds what they had. */
  readonly met: (barrier: Barrier) => boolean
  /** Sends whole heads, which carry the question, to all peers now. */
  readonly ask: () => void
}

/**
 * The questions of this server to its peers, at most one barrier under way: callers that come meanwhile wait together
 * for the next, so that a flood of them costs no more than one.
 */
export class Questions {
  readonly #options: QuestionsOptions
  #number = 0
  #barrier: Barrier | undefined
  #callers: (() => void)[] = []
  #next: (() => void)[] = []

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** The number of the latest question. */
  get number(): number {
    return this.#number
  }

  /** Whether a barrier is. */
  get underWay(): boolean {
    return this.#barrier !== undefined
  }

  /** Asks only to be answered: the question's number. */
  ask(): number {
    this.#number++
    this.#options.ask()
    return this.#number
  }

  /** A barrier of the caller's own, asked now. */
  open(options: { joiningCount: boolean }): Barrier {
    this.#number++
    return new Barrier(this.#number, { ...options, askAgain: () => this.ask() })
  }

  /**
   * Calls back when this server holds all that a majority of the voters had on disk when asked, now or later. False
   * when too many wait already. The caller keeps its own deadline.
   */
  afterBarrier(done: () => void): boolean {
    if (this.#callers.length + this.#next.length >= WAITING_MAX) return false
    this.#next.push(done)
    if (this.#barrier === undefined) this.#begin()
    return true
  }

  /**
   * The list of voters has changed, and all are asked: what was enough of a former list, or was said by one who only now makes
   * a majority, says nothing of what others acknowledged.
   */
  restart(): void {
    if (this.#barrier !== undefined) this.#barrier = this.open({ joiningCount: false })
  }

  offer(peer: Peer): void {
    this.#barrier?.offer(peer)
  }

  /** To be called when heads or flushes have come. */
  check(): void {
    if (this.#barrier === undefined || !this.#options.met(this.#barrier)) return
    const callers = this.#callers
    this.#barrier = undefined
    this.#callers = []
    if (this.#next.length > 0) this.#begin()
    for (const done of callers) done()
  }

  #begin(): void {
    this.#callers = this.#next
    this.#next = []
    this.#barrier = this.open({ joiningCount: false })
    this.#options.ask()
    this.check()
  }
}
