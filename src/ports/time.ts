/** A process's own, uncorrected clocks. */
export interface Time {
  /** Milliseconds, with fractions, that never go back; the zero is arbitrary. */
  monotonic(): number
  /** Milliseconds since 1970 UTC as the machine tells it; may step. */
  wall(): number
}

export type Cancel = () => void

export interface Timers {
  /** Calls back once, when what this turn of the loop has received is handled (setImmediate). */
  soon(callback: () => void): void
  /** Calls back once, after at least `ms`. */
  after(ms: number, callback: () => void): Cancel
  /** Calls back again and again, with `ms` between one call's begin and the next; first within `ms`. */
  every(ms: number, callback: () => void): Cancel
}
