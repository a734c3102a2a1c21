import type { Chance } from '../../ports/index.ts'

/** How long to wait after one failure and the next: twice as long each time up to a maximum, by chance up to half less. */
export class BackOff {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #chance: Chance
  #failures = 0

  constructor(options: { readonly minMs: number; readonly maxMs: number; readonly chance: Chance }) {
    this.#minMs = options.minMs
    this.#maxMs = options.maxMs
    this.#chance = options.chance
  }

  get failures(): number {
    return this.#failures
  }

  /** One failure more: ms to wait, and at least as long as the server asked for. */
  next(atLeastMs = 0): number {
    const fullMs = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    return Math.max(fullMs * (1 - this.#chance.next() / 2), Math.min(atLeastMs, RETRY_AFTER_MS_MAX))
  }

  reset(): void {
    this.#failures = 0
  }
}

/** Longer than that nobody may tell us to wait. */
const RETRY_AFTER_MS_MAX = 60_000
