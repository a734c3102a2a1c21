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

export const systemTimers: Timers = {
  soon(callback) {
    setImmediate(callback)
  },
  after(ms, callback): Cancel {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  every: everyDriftFree,
}

/** Calls at begin + n × ms; calls that a stall made miss are left out rather than made up. */
function everyDriftFree(ms: number, callback: () => void): Cancel {
  let due = performance.now() + ms
  const run = (): void => {
    const now = performance.now()
    due += ms * Math.max(1, Math.ceil((now - due) / ms))
    timer = setTimeout(run, due - now)
    callback()
  }
  let timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
