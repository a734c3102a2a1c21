/** How far ahead the lease is asked for, and how much of it is used when the next is. */
const LEASE_BLOCK = 1_000_000

export interface LamportOptions {
  /** The clock to go on from; for a process with a lease that which is on its disk. */
  readonly start?: number
  /** Keeps on a disk up to where the clock may go, so that a restart begins above all that was issued. */
  readonly lease?: Lease
}

export interface Lease {
  /** Calls `done` once `upTo` is flushed. A later call has a higher `upTo`. */
  extend(upTo: number, done: () => void): void
}

/**
 * Lamport's logical clock (1978): one more at each send, the greater plus one at each receipt. With a lease, no clock
 * beyond what is flushed is ever shown, so that neither a restart goes back nor a promise made with `now` is broken.
 */
export class LamportClock {
  readonly #lease: Lease | undefined
  /** What was counted and heard; may be beyond the lease, and is not shown then. */
  #value: number
  #flushed: number
  #asked: number

  constructor(options: LamportOptions = {}) {
    this.#lease = options.lease
    this.#value = options.start ?? 0
    this.#flushed = this.#lease === undefined ? Number.MAX_SAFE_INTEGER : this.#value
    this.#asked = this.#flushed
    this.#extend()
  }

  /** The clock as far as it may be shown: all that `tryNext` gives from now on is higher, after a restart too. */
  get now(): number {
    return Math.min(this.#value, this.#flushed)
  }

  /** The clock for a send that orders nothing (replies, heads): without lease left it stays where it is. */
  next(): number {
    return this.tryNext() ?? this.now
  }

  /** The clock for an operation: unlike any given before; undefined while the flushed lease is used up. */
  tryNext(): number | undefined {
    if (this.#value >= this.#flushed) return undefined
    this.#value++
    this.#extend()
    return this.#value
  }

  /** Counts the receipt of a message; one without a clock changes nothing. */
  receive(clock: number | undefined): void {
    if (clock === undefined) return
    this.#value = Math.min(Math.max(this.#value, clock) + 1, Number.MAX_SAFE_INTEGER)
    this.#extend()
  }

  #extend(): void {
    if (this.#lease === undefined || this.#value + LEASE_BLOCK / 2 <= this.#asked) return
    const upTo = Math.min(this.#value + LEASE_BLOCK, Number.MAX_SAFE_INTEGER)
    if (upTo <= this.#asked) return
    this.#asked = upTo
    this.#lease.extend(upTo, () => {
      this.#flushed = Math.max(this.#flushed, upTo)
    })
  }
}
