/** Anonymous memory in MiB of processes by their names. */
export type Memory = Readonly<Record<string, number>>

export interface GrowthResult {
  /** Operations in each server's folder, by how they were stored. */
  readonly folders: readonly FolderResult[]
}

export interface FolderResult {
  /** How the operations came to be stored. */
  readonly what: string
  readonly operations: number
  /** Of one server's folder. */
  readonly megabytes: number
  /** From the start of all processes to readiness of each server. */
  readonly readyMs: Readonly<Record<string, number>>
  readonly memoryReady: Memory
  readonly memoryAfterLoad: Memory
  /** Acknowledged publications a second with so many stored, and with few. */
  readonly perSecond: number
  readonly perSecondFew: number
  /** How long an emptied server took to be ready again, and what the others acknowledged meanwhile and before. */
  readonly snapshotMs: number
  readonly perSecondDuringSnapshot: number
  readonly perSecondBeforeSnapshot: number
}

export interface SoakResult {
  readonly minutes: number
  readonly perSecond: number
  /** At the end of each minute, the first one's included. */
  readonly memory: readonly Memory[]
  readonly failed: number
}
