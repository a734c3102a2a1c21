/** The projections' files in one folder. Writes need not be flushed: what a crash takes is made again from the store. */
export interface Files {
  /** The size in bytes, or undefined when there is no such file. */
  size(name: string): number | undefined
  /** Bytes from `start` up to `end` (or the file's end). */
  read(name: string, start: number, end: number): Uint8Array
  /** Appends; makes the file when missing. Throws when the disk is full or failed, having cut what was half written. */
  append(name: string, bytes: Uint8Array): void
  /** Cuts the file to `size` bytes. */
  truncate(name: string, size: number): void
  /** Keeps the first `keep` bytes and puts `tail` behind them, all or nothing for any reader (write anew, rename). */
  replaceTail(name: string, keep: number, tail: Uint8Array): void
  remove(name: string): void
}
