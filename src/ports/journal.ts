/**
 * An append-only record of what must not be lost, flushed at each append; what it holds stands in the store soon after,
 * and its room is used again. A record that was being written when the process died is there whole or not at all, and
 * then none behind it is.
 */
export interface Journal {
  /** All records that are behind number `after`, oldest first, as a former process left them. Read before the first append. */
  records(after: number): JournalRecords
  /**
   * Appends records and calls back when they are flushed, or with the error when that failed; then the disk must not be
   * trusted any more, but for a full one (`error.code === 'ENOSPC'`): nothing was appended and it can be tried again. At
   * most one append may be under way.
   */
  append(records: readonly Uint8Array[], done: (error?: Error) => void): void
  /**
   * From now on appends go elsewhere, over what was appended before the former turn: to be called only once all that stands
   * elsewhere on the disk. The number of the last record.
   */
  turn(): number
  close(): void
}

export interface JournalRecords {
  readonly records: readonly Uint8Array[]
  /** Whether flushed records are missing among them: the disk gave back something else than was written. */
  readonly damaged: boolean
}
