/** How far ahead of the clock the lease is put on the disk, and how much of it may be left before that. */
const LEASE_AHEAD = 1_000_000
const LEASE_LEFT = 500_000
/** Waits for the lease in a row that a few starts of others bring about; beyond it somebody drives the clock on. */
const WAITS_MAX = 16
/** How long nothing waited for the lease once that is over. */
const CALM_MS = 10_000

/** Puts a clock on the disk; up to it the process may count without another flush. */
export interface Lease {
  extend(upTo: number, done: () => void): void
}

/**
 * A Lamport clock (Lamport 1978): one more at each send, the greater of both and one more at each receipt. With a lease
 * it never shows a clock that a restart, which begins above the lease on the disk, could show again.
 *
 * A received clock beyond the lease has to wait for the disk, and all who want a clock meanwhile. Who sends such clocks one after
 * another finds a lease that goes as far ahead again as the clock was driven: so after some 50 waits it reaches what is taken
 * of anybody at all. Not for a few of them: each start begins above a lease, so if that were twice as far ahead each time
 * that others start, the clocks of servers that start one after the other would double.
 */
export class LamportClock {
  readonly #lease: Lease | undefined
  #now: number
  /** Received clocks that the lease does not cover yet: the clock goes there once it does. */
  #ahead = 0
  #leased: number
  #asked: number
  /** Extensions that somebody waited for, in a row; where the clock was before, and when that was seen. */
  #waits = 0
  #calm: { readonly clock: number; readonly waits: number; readonly ms: number }
  /** What a start may begin at, at most, for having been driven on. */
  #highest = 0

  constructor(options: { readonly start?: number; readonly lease?: Lease } = {}) {
    this.#now = options.start ?? 0
    this.#lease = options.lease
    this.#leased = options.lease === undefined ? Number.MAX_SAFE_INTEGER : this.#now
    this.#asked = this.#leased
    this.#calm = { clock: this.#now, waits: 0, ms: 0 }
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

  /** To be called now and then: at `nowMs`, monotonic; however the clock is driven on, no start begins above `highest` for it. */
  look(nowMs: number, highest: number): void {
    this.#highest = highest
    if (this.#waits > this.#calm.waits) this.#calm = { ...this.#calm, waits: this.#waits, ms: nowMs }
    else if (this.#waits === 0 || nowMs - this.#calm.ms >= CALM_MS) {
      this.#waits = 0
      this.#calm = { clock: this.#wanted, waits: 0, ms: nowMs }
    }
  }

  get #wanted(): number {
    return Math.max(this.#now, this.#ahead)
  }

  #extend(): void {
    const wanted = this.#wanted
    if (this.#lease === undefined || wanted + LEASE_LEFT <= this.#asked) return
    if (wanted > this.#leased) this.#waits++
    const driven = this.#waits > WAITS_MAX ? Math.min(wanted - this.#calm.clock, this.#highest - wanted) : 0
    this.#ask(this.#lease, wanted + Math.max(LEASE_AHEAD, driven))
  }

  #ask(lease: Lease, upTo: number): void {
    this.#asked = upTo
    lease.extend(upTo, () => {
      this.#leased = Math.max(this.#leased, upTo)
      if (this.#ahead <= this.#leased) this.#now = Math.max(this.#now, this.#ahead)
    })
  }
}
