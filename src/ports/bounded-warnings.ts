import type { Fields, Log } from './log.ts'
import type { Timers } from './time.ts'

const TOLD_MAX = 10
const TOLD_MS = 1000

/** Warnings that strangers can cause at will: one by one up to ten in a second, and the rest of that second as a number. */
export class BoundedWarnings {
  readonly #options: { readonly log: Log; readonly timers: Timers }
  /** Of every line. */
  readonly #fields: Fields
  readonly #rest: string
  #told = 0
  #untold = 0

  /** `rest` is the message of the line that tells how many `more` there were. */
  constructor(options: { readonly log: Log; readonly timers: Timers }, fields: Fields, rest: string) {
    this.#options = options
    this.#fields = fields
    this.#rest = rest
  }

  warn(fields: Fields, message: string): void {
    const { log, timers } = this.#options
    if (this.#told >= TOLD_MAX) {
      this.#untold++
      return
    }
    this.#told++
    if (this.#told === 1) timers.after(TOLD_MS, () => this.#tellRest())
    log.warn({ ...this.#fields, ...fields }, message)
  }

  #tellRest(): void {
    if (this.#untold > 0) this.#options.log.warn({ ...this.#fields, more: this.#untold }, this.#rest)
    this.#told = 0
    this.#untold = 0
  }
}

/** Such warnings for each of a few reasons: a flood for one of them does not hide the others. */
export class WarningsByReason<Reason extends string> {
  readonly #make: (reason: Reason) => BoundedWarnings
  readonly #warnings = new Map<Reason, BoundedWarnings>()

  constructor(options: { readonly log: Log; readonly timers: Timers }, fields: Fields, rest: string) {
    this.#make = (reason) => new BoundedWarnings(options, { ...fields, reason }, rest)
  }

  warn(reason: Reason, fields: Fields, message: string): void {
    const warnings = this.#warnings.get(reason) ?? this.#make(reason)
    this.#warnings.set(reason, warnings)
    warnings.warn(fields, message)
  }
}
