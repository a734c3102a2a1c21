import type { Log, Time } from '../ports/index.ts'
import type { ErrorCode } from '../wire/index.ts'

/** A server asks as often as five times a second; the log has a line so often for each code, at most. */
const TELL_MS = 60_000

/** What ref answers to a server that it refuses: in the log, and beside what the server waits for. */
export class Refusals {
  readonly #options: { readonly log: Log; readonly time: Time }
  readonly #toldAt = new Map<ErrorCode, number>()
  #latest: string | undefined

  constructor(options: { readonly log: Log; readonly time: Time }) {
    this.#options = options
  }

  refused(code: ErrorCode, message: string): void {
    const { log, time } = this.#options
    this.#latest = message
    const now = time.monotonic()
    if (now - (this.#toldAt.get(code) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return
    this.#toldAt.set(code, now)
    log.warn({ code }, `Ref refuses this server: ${message}`)
  }

  /** A ref took this server's heartbeat. */
  accepted(): void {
    this.#latest = undefined
  }

  /** Why a server is not ready, and with it what ref says. */
  addedTo(unready: string): string {
    return this.#latest === undefined ? unready : `${unready}; ref refuses this server: ${this.#latest}`
  }
}
