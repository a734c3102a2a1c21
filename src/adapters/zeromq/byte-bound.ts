/** Frames that may wait for one peer even when they are as large as they come. */
const FRAMES_MIN = 16
/** A peer that reads nothing is cut off sooner than this: what was sent to it counts until then. */
const WINDOW_MS = 40_000
const PARTS = 8

/**
 * A socket counts what waits for a peer in messages. This gives the count for a budget in bytes: as many of the largest
 * sent within the window as fit, rounded down to a power of two. So a peer that reads nothing never makes more than the budget
 * wait, and small messages may still be many. In steps that are few: libzmq tells a new count to each connection, and writes to memory
 * that is free already where one is just ending.
 */
export class ByteBound {
  readonly #bytes: number
  readonly #most: number
  /** The largest message of each part of the window, newest first. */
  #largest: number[] = [0]
  #partEnds = Number.NEGATIVE_INFINITY
  #current: number

  /** `bytes` for each peer, and never more than `most` messages. */
  constructor(bytes: number, most: number) {
    this.#bytes = bytes
    this.#most = most
    this.#current = most
  }

  /** How many messages may wait for a peer now. */
  get count(): number {
    return this.#current
  }

  /** A message of this size is to be sent now (monotonic ms): the new count, if it changes. */
  sending(size: number, now: number): number | undefined {
    if (now >= this.#partEnds) {
      this.#partEnds = now + WINDOW_MS / PARTS
      this.#largest = [0, ...this.#largest.slice(0, PARTS)]
    } else if (size <= (this.#largest[0] as number)) return undefined
    this.#largest[0] = Math.max(size, this.#largest[0] as number)
    const fit = 2 ** Math.floor(Math.log2(this.#bytes / Math.max(1, ...this.#largest)))
    const count = Math.min(this.#most, Math.max(FRAMES_MIN, fit))
    if (count === this.#current) return undefined
    this.#current = count
    return count
  }
}
