import type { LamportClock } from '../clocks/index.ts'
import type { Log, Metrics, Time, Timers } from '../ports/index.ts'
import type { HoldingsOptions } from './holdings.ts'

export interface BrokerOptions extends HoldingsOptions {
  readonly cluster: string
  readonly requestDeadlineMs: number
  readonly lamport: LamportClock
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly toClient: (connection: string, frames: Uint8Array[]) => void
  readonly toServer: (server: string, frames: Uint8Array[]) => void
  /** Whether something that clients sent waits to be read; without it, what waits is handed on all at once. */
  readonly unread?: () => boolean
}
