import { RecadoError } from '../wire/index.ts'

/** What those are told whose requests may be from before. */
export const OLD = 'The broker stood still; the same id again tells the outcome'
/**
 * A process that stood still for longer takes it that its clients have gone to another broker with what they asked: the
 * library does after 3 s, and once it has an answer there it may say any number of things before this process goes on.
 */
const STOOD_MS = 2000
/** What the machines on the way kept meanwhile is in the socket after this. */
const SETTLED_MS = 500
/** A look may err, two in a row hardly. */
const LOOKS = 2
/** By then all of it has been read, even where somebody sends so much that the socket is never empty. */
const READ_MS = 10_000

/** Notices that this process stood still, and how long what comes may be from before. */
export class Standstill {
  readonly #unread: () => boolean
  #aliveAt = 0
  #noticedAt = 0
  /** Looks in a row that found the socket empty. */
  #found = 0
  #isCatchingUp = false

  /** `unread`: whether something that clients sent waits in the socket, as it seems. */
  constructor(unread: () => boolean) {
    this.#unread = unread
  }

  /** `now`, here and below: monotonic ms. */
  start(now: number): void {
    this.#aliveAt = now
  }

  /**
   * To be asked before anything is done, by whatever comes first after a standstill: for how many ms this process has
   * just stood still, 0 if it did not.
   */
  notice(now: number): number {
    const stood = now - this.#aliveAt
    this.#aliveAt = now
    if (stood <= STOOD_MS) return 0
    this.#noticedAt = now
    this.#found = 0
    this.#isCatchingUp = true
    return stood
  }

  /** Whether what clients send may have waited since before the standstill. */
  get isCatchingUp(): boolean {
    return this.#isCatchingUp
  }

  /** Why nothing that clients send can be taken now, if so. */
  get objection(): RecadoError | undefined {
    return this.#isCatchingUp ? new RecadoError('unavailable', OLD) : undefined
  }

  /** To be called often. */
  look(now: number): void {
    if (!this.#isCatchingUp) return
    const passed = now - this.#noticedAt
    if (passed < SETTLED_MS) return
    this.#found = this.#unread() ? 0 : this.#found + 1
    if (this.#found >= LOOKS || passed >= READ_MS) this.#isCatchingUp = false
  }
}
