/** What a connection that has had no answer yet may have at a server. */
const FIRST_ALLOWANCE = 64
const BYTES_PER_COST = 1024
/** A byte of an answer was looked up and written, one of a request only read. */
const ANSWER_WEIGHT = 4
/** How much of a large answer's size is still expected after a small one. */
const ANSWER_MEMORY = 0.9
/** Who was refused for sending too much gets little for so long after the last time, and so much at each refill. */
const RESTRICTED_MS = 1000
const REFILL = 16

/**
 * How much of its server one connection takes up. Whoever sends more than its share waits at the broker, where nobody
 * else waits behind it. A share is counted in costs: a request is one, a KiB of it one, a KiB of its answer four.
 */
export class Share {
  #given = 0
  #allowance = FIRST_ALLOWANCE
  #answerBytes = 0
  /** Monotonic ms; 0 when it is not restricted. */
  #restrictedUntil = 0
  #budget = 0

  /** What a body of so many requests and bytes will cost, with the answer that the last ones make expect. */
  costOf(requests: number, bytes: number): number {
    return requests + Math.floor((bytes + this.#answerBytes * ANSWER_WEIGHT) / BYTES_PER_COST)
  }

  /** Whether the server may have this much more. One body always may, whatever it costs. */
  admits(cost: number, limit: number): boolean {
    if (this.#restrictedUntil > 0 && this.#budget <= 0) return false
    return this.#given === 0 || this.#given + cost <= Math.min(limit, this.#allowance)
  }

  give(cost: number): void {
    this.#given += cost
    this.#budget -= cost
  }

  /** It sent more than may wait: for a while it is served slowly, so that its flood is nobody else's matter. */
  restrict(now: number): void {
    if (this.#restrictedUntil === 0) this.#budget = 0
    this.#restrictedUntil = now + RESTRICTED_MS
  }

  /** To be called at a steady pace: gives a restricted connection a little. Whether it is restricted still. */
  refill(now: number): boolean {
    if (now >= this.#restrictedUntil) this.#restrictedUntil = 0
    this.#budget = Math.min(this.#budget + REFILL, REFILL)
    return this.#restrictedUntil > 0
  }

  /** The server has it no longer. */
  release(cost: number): void {
    this.#given -= cost
  }

  /** What cost so much was answered: who has small answers may soon have more under way. */
  answered(cost: number, bytes: number, limit: number): void {
    this.#allowance = Math.min(this.#allowance + cost, Math.max(limit, FIRST_ALLOWANCE))
    this.#answerBytes = Math.max(bytes, this.#answerBytes * ANSWER_MEMORY)
  }
}
