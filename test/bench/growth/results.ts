import type { Spread } from '../statistics.ts'

/** Anonymous memory in MiB of processes by their names. */
export type Memory = Readonly<Record<string, number>>

export interface GrowthResult {
  /** By how the operations came to be stored. */
  readonly shapes: readonly ShapeResult[]
}

export interface ShapeResult {
  readonly what: string
  /** Stored in each server's folder. */
  readonly operations: number
  /** Of one server's folder, in MiB. */
  readonly size: number
  /** From the start of all processes at once until a server is ready, in ms, over all servers and runs. */
  readonly ready: Spread
  /** From the start of one server, whose system runs and is not loaded, until it is ready, in ms, over all servers and runs. */
  readonly restarted: Spread
  /** Over all servers and runs: at rest after the start, and after a load at full speed. */
  readonly memoryReady: Spread
  readonly memoryLoaded: Spread
  /** Acknowledged publications a second, over the runs. */
  readonly perSecond: Spread
  /** The same with few operations stored. */
  readonly few: number
  readonly readyFew: Spread
  readonly perSecondFew: Spread
  readonly snapshot: SnapshotResult
}

/** A server whose folder is emptied comes back while the others are loaded, over the runs. */
export interface SnapshotResult {
  /** From its start until it is ready again. */
  readonly tookMs: Spread
  /** Acknowledged publications a second: of the two others just before it starts, until it is ready, and then of all three. */
  readonly perSecondBefore: Spread
  readonly perSecondDuring: Spread
  readonly perSecondAfter: Spread
  /** Of what they had before, what the others have meanwhile. */
  readonly kept: Spread
  /** The most of each server when it is ready and 5 s later, for only then what it took becomes final. */
  readonly memory: Memory
}

export interface SoakResult {
  readonly minutes: number
  readonly perSecond: number
  readonly acknowledged: number
  readonly failed: number
  /** At the end of each minute. */
  readonly memory: readonly Memory[]
}
