import type { LamportClock } from '../clocks/index.ts'
import type { Metrics, Time } from '../ports/index.ts'
import { type ErrorCode, errorReply, type RecadoError } from '../wire/index.ts'

/** Answers what is refused, and counts it. */
export class Refusals {
  readonly #options: { readonly lamport: LamportClock; readonly time: Time; readonly metrics: Metrics }

  constructor(options: { readonly lamport: LamportClock; readonly time: Time; readonly metrics: Metrics }) {
    this.#options = options
  }

  refuse(body: Uint8Array, error: RecadoError, answer: (reply: Uint8Array) => void): void {
    const { lamport, time } = this.#options
    this.count(error.code)
    answer(errorReply(body, error, lamport.next(), Math.floor(time.wall())))
  }

  /** One is refused that gets no answer. */
  count(code: ErrorCode): void {
    this.#options.metrics.add('recado_broker_refused_total', 1, { code })
  }
}
