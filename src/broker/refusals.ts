import type { LamportClock } from '../clocks/index.ts'
import type { Metrics, Time } from '../ports/index.ts'
import { type ErrorCode, errorReply, type RecadoError } from '../wire/index.ts'

/** How long nothing is taken for each ms of refusing. */
const REST_FOR_REFUSING = 2
const REST_MS_MAX = 3

/**
 * Answers what is refused. Who is refused again and again must not take from others the time of this process: after
 * refusing it rests for longer than that took, and those who send too much wait in their own sockets.
 */
export class Refusals {
  readonly #options: { readonly lamport: LamportClock; readonly time: Time; readonly metrics: Metrics }
  #tookMs = 0

  constructor(options: { readonly lamport: LamportClock; readonly time: Time; readonly metrics: Metrics }) {
    this.#options = options
  }

  refuse(body: Uint8Array, error: RecadoError, answer: (reply: Uint8Array) => void): void {
    const { lamport, time } = this.#options
    const began = time.monotonic()
    this.count(error.code)
    answer(errorReply(body, error, lamport.next(), Math.floor(time.wall())))
    this.#tookMs += time.monotonic() - began
  }

  /** One is refused that gets no answer. */
  count(code: ErrorCode): void {
    this.#options.metrics.add('recado_broker_refused_total', 1, { code })
  }

  /** For how many ms to rest, after what was refused since the last call. */
  takeRest(): number {
    const rest = Math.min(Math.ceil(this.#tookMs * REST_FOR_REFUSING), REST_MS_MAX)
    this.#tookMs = 0
    return rest
  }
}
