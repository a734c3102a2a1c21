/** One change of a commit: a put, or with no value a delete. */
export interface KeyValueChange {
  readonly key: Uint8Array
  readonly value?: Uint8Array
}

/**
 * An ordered, crash-safe map of bytes to bytes on a disk (lmdb in production). Keys are ordered bytewise.
 * Reads see what is committed. Values are copies or stay valid until the next turn of the loop.
 */
export interface KeyValue {
  get(key: Uint8Array): Uint8Array | undefined
  /** Entries with `start` <= key < `end`, in their order. Lazy; end it early as you like. */
  range(options: {
    start: Uint8Array
    end: Uint8Array
    limit?: number
  }): Iterable<{ key: Uint8Array; value: Uint8Array }>
  /**
   * Commits all changes or none, and calls back when they are flushed to the disk (with no argument) or when that
   * failed. At most one commit may be under way. After a failed flush the store must not be trusted any more; a
   * full disk (`error.code === 'ENOSPC'`) changes nothing and can be tried again.
   */
  commit(changes: readonly KeyValueChange[], done: (error?: Error) => void): void
  /** Bytes free and in all where the data lies. */
  space(): { free: number; total: number }
  close(done: () => void): void
}
