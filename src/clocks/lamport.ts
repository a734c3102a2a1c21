/** How far ahead of the clock the lease is put on the disk, and how much of it may be left before that. */
const LEASE_AHEAD = 1_000_000
const LEASE_LEFT = 500_000

/** Puts a clock on the disk; up to it the process may count without another flush. */
export interface Lease {
  extend(upTo: number, done: () => void): void
}

/**
 * A Lamport clock (Lamport 1978): one more at each send, the greater of both and one more at each receipt. With a lease
 * it never shows a clock that a restart, which begins above the lease on the disk, could show again.
 */
export class LamportClock {
  readonly #lease: Lease | undefined
  #now: number
  /** Received clocks that the lease does not cover yet: the clock goes there once it does. */
  #ahead = 0
  #leased: number
  #asked: number

  constructor(options: { readonly start?: number; readonly lease?: Lease } = {}) {
    this.#now = options.start ?? 0
    this.#lease = options.lease
    this.#leased = options.lease === undefined ? Number.MAX_SAFE_INTEGER : this.#now
    this.#asked = this.#leased
    this.#extend()
  }

  get now(): number {
    return this.#now
  }

  /** The clock for a send. While the lease is used up it stands still; only what may stand still may use this. */
  next(): number {
    return this.tryNext() ?? this.#now
  }

  /** The clock for an operation: a new one, above all received; undefined while the lease is used up. */
  tryNext(): number | undefined {
    this.#extend()
    if (this.#ahead > this.#now || this.#now >= this.#leased) return undefined
    this.#now++
    return this.#now
  }

  receive(clock: number): void {
    const target = Math.max(this.#now, clock, this.#ahead) + 1
    if (target <= this.#leased) this.#now = target
    else this.#ahead = target
    this.#extend()
  }

  #extend(): void {
    const wanted = Math.max(this.#now, this.#ahead)
    if (this.#lease === undefined || wanted + LEASE_LEFT <= this.#asked) return
    this.#ask(this.#lease, wanted + LEASE_AHEAD)
  }

  #ask(lease: Lease, upTo: number): void {
    this.#asked = upTo
    lease.extend(upTo, () => {
      this.#leased = Math.max(this.#leased, upTo)
      if (this.#ahead <= this.#leased) this.#now = Math.max(this.#now, this.#ahead)
    })
  }
}
