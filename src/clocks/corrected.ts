import type { Time } from '../ports/index.ts'

/** Corrections change the rate of time by at most this: time goes on, faster or slower, and never back. */
const SLEW_MAX = 0.5

/** The process's own time with the corrections that Berkeley's algorithm gives, slewed. Milliseconds since 1970 UTC. */
export class CorrectedTime {
  readonly #time: Time
  #monotonic: number
  #value: number
  #remaining = 0
  #offset = 0

  constructor(time: Time) {
    this.#time = time
    this.#monotonic = time.monotonic()
    this.#value = time.wall()
  }

  /** Integer ms. */
  readonly now = (): number => Math.floor(this.precise())

  /** With fractions. */
  precise(): number {
    const monotonic = this.#time.monotonic()
    const passed = Math.max(0, monotonic - this.#monotonic)
    const step = Math.max(-SLEW_MAX * passed, Math.min(SLEW_MAX * passed, this.#remaining))
    this.#monotonic = monotonic
    this.#value += passed + step
    this.#remaining -= step
    this.#offset += step
    return this.#value
  }

  /** The whole correction of now, in ms; what was left of a former one is forgotten, for this one was measured after it. */
  correctBy(ms: number): void {
    this.precise()
    this.#remaining = ms
  }

  /** The corrections applied so far, in ms. */
  get offset(): number {
    return this.#offset
  }
}

/** A test hook: clocks set apart from the machine's by an offset in ms and a drift in parts per million. */
export function skewedTime(time: Time, offsetMs: number, driftPpm: number): Time {
  if (offsetMs === 0 && driftPpm === 0) return time
  const rate = 1 + driftPpm / 1_000_000
  const [wallAtStart, monotonicAtStart] = [time.wall(), time.monotonic()]
  return {
    monotonic: () => monotonicAtStart + (time.monotonic() - monotonicAtStart) * rate,
    wall: () => wallAtStart + offsetMs + (time.wall() - wallAtStart) * rate,
  }
}
