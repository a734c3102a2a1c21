import type { KeyRing } from '../adapters/keys/index.ts'
import type { Chance, Log, Metrics, Time, Timers } from '../ports/index.ts'

/** What main hands to a role: its settings and the parts of the world that every role needs. */
export interface RoleContext<Config> {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  /** This process's keys, in secured mode. */
  readonly keys?: KeyRing
  /** Adds a check to `/readyz`: true when fine, else a sentence that says what is missing. */
  readonly readiness: (name: string, check: () => true | string) => void
  /** Ends the process with this error's code and exit status, after the role has stopped. */
  readonly fail: (error: unknown) => void
}

export interface RunningRole {
  /** Stops accepting, drains for a bounded time, closes. Called once. */
  stop(): Promise<void>
}

export type StartRole<Config> = (context: RoleContext<Config>) => Promise<RunningRole>
