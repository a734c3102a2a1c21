import type { Batch } from '../wire/index.ts'

/**
 * Bytes of batches in one write to the journal, unless one batch alone has more: else what gathered behind a slow write would be
 * held twice more for the next one, and each sender would wait until all of it is flushed.
 */
const GROUP_BYTES = 4 * 1024 * 1024

/** Batches that wait for the disk, in the order in which they came. */
export class Unflushed {
  /** Of those that wait or are being flushed. */
  bytes = 0
  readonly #groupBytes: number
  #waiting: Batch[] = []
  #flushing: readonly Batch[] = []

  constructor(groupBytes = GROUP_BYTES) {
    this.#groupBytes = groupBytes
  }

  get anyWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Of those that wait or are being flushed. */
  get lowestClock(): number | undefined {
    let lowest: number | undefined
    for (const batch of [...this.#flushing, ...this.#waiting]) {
      const clock = batch.clockAt(0)
      if (lowest === undefined || clock < lowest) lowest = clock
    }
    return lowest
  }

  add(batch: Batch): void {
    this.#waiting.push(batch)
    this.bytes += batch.bytes.byteLength
  }

  /** Those that are to be flushed together next; `flushed` is to be called before others are asked for. */
  next(): readonly Batch[] {
    let [count, bytes] = [0, 0]
    for (const batch of this.#waiting) {
      bytes += batch.bytes.byteLength
      if (count > 0 && bytes > this.#groupBytes) break
      count++
    }
    this.#flushing = this.#waiting.splice(0, count)
    return this.#flushing
  }

  flushed(): void {
    for (const batch of this.#flushing) this.bytes -= batch.bytes.byteLength
    this.#flushing = []
  }
}
