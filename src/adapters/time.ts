import type { Cancel, Time, Timers } from '../ports/index.ts'

/** The machine's clocks, set apart and drifting as a test asks. */
export function systemTime(options: { offsetMs?: number; driftPpm?: number } = {}): Time {
  const rate = 1 + (options.driftPpm ?? 0) / 1_000_000
  const offsetMs = options.offsetMs ?? 0
  const beginMonotonic = performance.now()
  return {
    monotonic: () => performance.now() * rate,
    // The drift counts from the process's start; a step of the machine's clock is still seen.
    wall: () => Date.now() + offsetMs + (performance.now() - beginMonotonic) * (rate - 1),
  }
}

/** Periods that end this soon after a wake are not worth another. */
const EARLY_MS = 1

interface Period {
  readonly ms: number
  readonly callback: () => void
  /** By performance.now(). */
  due: number
}

/**
 * What a process does again and again, all of it at multiples of its periods: what is due together costs an idle process
 * one wake. Never drifts; calls that a stall made miss are left out rather than made up.
 */
class Periods {
  readonly #periods = new Set<Period>()
  #timer: NodeJS.Timeout | undefined
  #armedFor = Number.POSITIVE_INFINITY

  readonly every = (ms: number, callback: () => void): Cancel => {
    const due = (Math.floor((performance.now() + EARLY_MS) / ms) + 1) * ms
    const period = { ms, callback, due }
    this.#periods.add(period)
    this.#arm(due)
    return () => {
      this.#periods.delete(period)
      // While others are left they may find the timer a little early.
      if (this.#periods.size === 0) this.#disarm()
    }
  }

  /** Looks what is due at this time, or earlier if that was to be. */
  #arm(due: number): void {
    if (due >= this.#armedFor) return
    this.#disarm()
    this.#armedFor = due
    this.#timer = setTimeout(() => this.#run(), Math.max(1, Math.ceil(due - performance.now())))
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#armedFor = Number.POSITIVE_INFINITY
  }

  #run(): void {
    const now = performance.now()
    const due = [...this.#periods].filter((period) => period.due <= now + EARLY_MS)
    for (const period of due) period.due += period.ms * Math.max(1, Math.ceil((now - period.due) / period.ms))
    // What they begin and end is looked at once, when all have had their turn.
    this.#armedFor = Number.NEGATIVE_INFINITY
    try {
      for (const period of due) if (this.#periods.has(period)) period.callback()
    } finally {
      this.#disarm()
      let next = Number.POSITIVE_INFINITY
      for (const period of this.#periods) next = Math.min(next, period.due)
      this.#arm(next)
    }
  }
}

export const systemTimers: Timers = {
  soon(callback) {
    setImmediate(callback)
  },
  after(ms, callback): Cancel {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  every: new Periods().every,
}
