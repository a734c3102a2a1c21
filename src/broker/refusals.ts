import type { LamportClock } from '../clocks/index.ts'
import type { Metrics, Time } from '../ports/index.ts'
import { type ErrorCode, errorReply, type RecadoError } from '../wire/index.ts'
import type { Pace } from './pace.ts'

export interface RefusalsOptions {
  readonly lamport: LamportClock
  readonly time: Time
  readonly metrics: Metrics
  readonly pace: Pace
}

/** Answers what is refused, and counts it. */
export class Refusals {
  readonly #options: RefusalsOptions

  constructor(options: RefusalsOptions) {
    this.#options = options
  }

  refuse(body: Uint8Array, error: RecadoError, answer: (reply: Uint8Array) => void): void {
    const { lamport, time, pace } = this.#options
    const began = time.monotonic()
    this.count(error.code)
    answer(errorReply(body, error, lamport.next(), Math.floor(time.wall())))
    pace.refused(body.byteLength, began)
  }

  /** One of a client is refused that gets no answer. */
  ignore(frames: readonly Uint8Array[]): void {
    this.count('bad_request')
    let bytes = 0
    for (const { byteLength } of frames) bytes += byteLength
    this.#options.pace.refused(bytes, this.#options.time.monotonic())
  }

  /** One is refused at the port for servers. */
  count(code: ErrorCode): void {
    this.#options.metrics.add('recado_broker_refused_total', 1, { code })
  }
}
