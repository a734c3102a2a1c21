import type { Timers } from '../ports/index.ts'

/** Something that is looked at once for all that one turn of the loop brings. */
export class OfThisTurn<Value> {
  readonly #timers: Timers
  readonly #look: () => Value
  #value: Value | undefined
  readonly #forget = (): void => {
    this.#value = undefined
  }

  constructor(timers: Timers, look: () => Value) {
    this.#timers = timers
    this.#look = look
  }

  get value(): Value {
    if (this.#value === undefined) {
      this.#value = this.#look()
      this.#timers.soon(this.#forget)
    }
    return this.#value
  }
}
