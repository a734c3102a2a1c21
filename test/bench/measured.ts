import type { Use } from './processors.ts'
import type { Latency } from './statistics.ts'

/** What one run of one row gave. */
export interface Measured {
  readonly perSecond?: number
  readonly latency?: Latency
  readonly use?: Use
  /** Requests that were refused or not answered in time. */
  readonly failed?: number
  /** Acknowledged publications a second, where the row counts something else. */
  readonly publicationsPerSecond?: number
}

/** One thing that is measured. */
export interface Row {
  /** For the command line. */
  readonly name: string
  /** For the table. */
  readonly what: string
}

/** A row with all its runs. */
export interface RowResult extends Row {
  readonly runs: readonly Measured[]
}
