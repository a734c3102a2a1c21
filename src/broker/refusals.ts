import type { LamportClock } from '../clocks/index.ts'
import type { Metrics, Time } from '../ports/index.ts'
import { type ErrorCode, errorReply, type RecadoError } from '../wire/index.ts'
import { weightOf } from './envelope.ts'
import type { HoldingsOptions } from './holdings.ts'
import type { Pace } from './pace.ts'

export interface RefusalsOptions extends Pick<HoldingsOptions, 'letGo'> {
  readonly lamport: LamportClock
  readonly time: Time
  readonly metrics: Metrics
  readonly pace: Pace
}

/** Answers what is refused, counts it, and has more of its kind come later. */
export class Refusals {
  readonly #options: RefusalsOptions

  constructor(options: RefusalsOptions) {
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

  /** Nobody looks at these frames of a connection any more. `now`: when they were taken, monotonic ms. */
  drop(id: string, frames: readonly Uint8Array[], now: number): void {
    const { pace, letGo } = this.#options
    pace.refused(id, weightOf(frames), now)
    for (const frame of frames) letGo?.(frame)
  }
}
