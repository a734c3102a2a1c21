import type { Time } from '../ports/index.ts'

/** The share of the true rate by which a correction may speed time up or slow it down. */
const SLEW_RATE = 0.5

/**
 * A process's time as the cluster agreed on it: its own clock plus corrections. These are slewed, so that time neither
 * runs backwards nor stands still. Steps of the machine's clock after the start are not followed.
 */
export class CorrectedTime {
  readonly #time: Time
  readonly #base: number
  #readAt: number
  #slewed = 0
  #remaining = 0
  #issued = 0

  constructor(time: Time) {
    this.#time = time
    this.#readAt = time.monotonic()
    this.#base = time.wall() - this.#readAt
  }

  /** Whole ms since 1970 UTC; never less than before. */
  now(): number {
    this.#issued = Math.max(this.#issued, Math.floor(this.precise()))
    return this.#issued
  }

  /** Ms since 1970 UTC, with fractions. */
  precise(): number {
    const readAt = Math.max(this.#time.monotonic(), this.#readAt)
    const most = (readAt - this.#readAt) * SLEW_RATE
    const slew = Math.max(-most, Math.min(most, this.#remaining))
    this.#readAt = readAt
    this.#slewed += slew
    this.#remaining -= slew
    return this.#base + readAt + this.#slewed
  }

  /** The time that this one is being slewed to: it jumps when corrected, and is what clocks are compared by. */
  target(): number {
    return this.precise() + this.#remaining
  }

  /** Moves the target by this many ms, and time towards it from now on. */
  correctBy(ms: number): void {
    this.precise()
    this.#remaining += ms
  }

  /** The corrections in force so far, in ms. */
  get offset(): number {
    this.precise()
    return this.#slewed
  }
}

/** A clock set apart on purpose, to try the synchronisation: `offsetMs` ahead and `driftPpm` millionths too fast. */
export function skewedTime(time: Time, offsetMs: number, driftPpm: number): Time {
  const rate = 1 + driftPpm / 1_000_000
  const began = time.monotonic()
  const drifted = (): number => (time.monotonic() - began) * (rate - 1)
  return {
    monotonic: () => time.monotonic() + drifted(),
    wall: () => time.wall() + offsetMs + drifted(),
  }
}
