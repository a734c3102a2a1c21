import type { Log, Metrics, Timers } from '../../src/ports/index.ts'

/** A log that nobody reads. */
export const quietLog: Log = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  enabled: () => false,
  child: () => quietLog,
}

/** Metrics that nobody reads. */
export const quietMetrics: Metrics = { add: () => {}, set: () => {}, observe: () => {} }

/** Timers by which nothing ever happens. */
export const quietTimers: Timers = { after: () => () => {}, every: () => () => {}, soon: () => {} }
