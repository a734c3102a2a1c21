import type { ReadonlyVector, StreamKey, Vector } from '../wire/index.ts'

/** Promises that wait for what their giver held; beyond this many the newest are joined. */
const WAITING_MAX = 64

interface Waiting {
  promise: number
  readonly durable: Vector
}

/**
 * One peer's promises, in the order in which it gave them. A promise says that its giver will accept nothing at or
 * below that clock; it is of use only once all that the giver held when promising is on this disk too.
 */
export class Promises {
  #usable = 0
  readonly #waiting: Waiting[] = []

  /** The highest promise of use, 0 if none. */
  get usable(): number {
    return this.#usable
  }

  /** Adds a promise with what its giver has on disk beyond its former ones. */
  add(promise: number, durable: Iterable<readonly [StreamKey, number]>, heldHere: ReadonlyVector): void {
    const last = this.#waiting.at(-1)
    if (last !== undefined && this.#waiting.length >= WAITING_MAX) {
      last.promise = Math.max(last.promise, promise)
      for (const [stream, seq] of durable)
        last.durable.set(stream, Math.max(seq, last.durable.get(stream) ?? 0))
    } else {
      this.#waiting.push({ promise, durable: new Map(durable) })
    }
    this.settle(heldHere)
  }

  /** Makes those promises usable whose giver held nothing that is not on this disk. */
  settle(durableHere: ReadonlyVector): void {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined) return
      for (const [stream, seq] of first.durable) {
        if ((durableHere.get(stream) ?? 0) >= seq) first.durable.delete(stream)
      }
      if (first.durable.size > 0) return
      this.#usable = Math.max(this.#usable, first.promise)
      this.#waiting.shift()
    }
  }

  /** Forgets all: the giver was replaced by a newer incarnation of itself. */
  reset(): void {
    this.#usable = 0
    this.#waiting.length = 0
  }
}
