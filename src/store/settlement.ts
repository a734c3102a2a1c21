import type { Cancel, Journal, KeyValue, KeyValueChange, Timers } from '../ports/index.ts'
import { BATCH_OPERATIONS_MAX, type Batch, joinBatches, type ReadonlyVector } from '../wire/index.ts'
import type { Batches } from './batches.ts'
import { changesOf } from './changes.ts'
import { changesOfKept } from './format.ts'
import type { Memory } from './types.ts'

/** How long operations may stand in the journal alone, and how many bytes of them. */
const SETTLE_MS = 1000
const SETTLE_BYTES = 8 * 1024 * 1024
const FULL_RETRY_MS = 1000
/** Batches are joined up to this: what many small ones held is then found, read and passed on as one. */
const JOINED_OPERATIONS_MAX = BATCH_OPERATIONS_MAX / 4
const JOINED_BYTES_MAX = 512 * 1024
/** A batch of so many operations is large enough by itself: joining it costs more than it saves. */
const LARGE = 128

export interface SettlementOptions {
  readonly journal: Journal
  readonly keyValue: KeyValue
  readonly timers: Timers
  readonly batches: Batches
  readonly durable: ReadonlyVector
  /** The number of the journal's last record that the key-value store holds. */
  readonly lastRecord: number
  readonly memory: () => Memory
  /** Whether no append to the journal is under way. */
  readonly idle: () => boolean
  readonly full: (full: boolean) => void
  /** The disk failed for good. */
  readonly failed: (error: Error) => void
  /** All that was to be settled is. */
  readonly settled: () => void
}

/**
 * Brings what was flushed to the journal into the key-value store, in few large commits beside the daily work, and then
 * lets the journal use its room again.
 */
export class Settlement {
  readonly #options: SettlementOptions
  /** Bytes of batches that stand in the journal and not in the key-value store. */
  bytes = 0
  #lastRecord: number
  /** Whether what a former process left in the journal is still there alone: both its files are needed until it is not. */
  recovering = false
  #pending = false
  #settling = false
  #due = false
  #ended = false
  #cancel: Cancel | undefined

  constructor(options: SettlementOptions) {
    this.#options = options
    this.#lastRecord = options.lastRecord
  }

  /** The number of the journal's last record that the key-value store holds. */
  get lastRecord(): number {
    return this.#lastRecord
  }

  /** The store has been read: these are to be removed, for they are damaged, and what the journal held is to be settled. */
  begin(removed: readonly KeyValueChange[]): void {
    if (removed.length === 0 && this.bytes === 0) return
    this.recovering = true
    this.#settle(removed)
  }

  /** So many bytes more stand in the journal. */
  add(bytes: number): void {
    this.bytes += bytes
    this.#pending = true
  }

  /** To be called when an append to the journal has ended, and before the next begins. */
  review(): void {
    if (this.#due || this.bytes >= SETTLE_BYTES) this.#settle([])
    else if (this.#pending) this.#cancel ??= this.#options.timers.after(SETTLE_MS, () => this.#ring())
  }

  /** Settles the rest and ends; whether that is done. Calls `settled` when it is later. */
  finish(): boolean {
    if (!this.#settling && this.#pending) this.#settle([])
    if (this.#settling) return false
    this.#ended = true
    this.#cancel?.()
    return true
  }

  #ring(): void {
    this.#cancel = undefined
    this.#due = true
    if (this.#options.idle()) this.#settle([])
  }

  #settle(removed: readonly KeyValueChange[]): void {
    if (this.#settling || this.#ended) return
    const { journal, batches, durable, memory } = this.#options
    this.#settling = true
    this.#due = false
    this.#pending = false
    const bytes = this.bytes
    const lastRecord = journal.turn()
    const joined = [...batches.unsettled(durable)].flatMap(groups)
    const changes = [
      ...removed,
      ...joined.flatMap(changesOf),
      ...changesOfKept({ memory: memory(), lastRecord }),
    ]
    this.#commit(changes, () => {
      for (const batch of joined) batches.settle(batch)
      this.#lastRecord = lastRecord
      this.bytes -= bytes
      this.#settling = false
      this.recovering = false
      this.#options.settled()
      if (this.#options.idle()) this.review()
    })
  }

  #commit(changes: readonly KeyValueChange[], done: () => void): void {
    const { keyValue, timers, full, failed } = this.#options
    keyValue.commit(changes, (error) => {
      if (error === undefined) {
        full(false)
        return done()
      }
      if ((error as { code?: unknown }).code !== 'ENOSPC') return failed(error)
      full(true)
      timers.after(FULL_RETRY_MS, () => this.#commit(changes, done))
    })
  }
}

/** One stream's batches, joined to ones of a good size. */
function groups(batches: readonly Batch[]): Batch[] {
  const joined: Batch[] = []
  let group: Batch[] = []
  let [operations, bytes] = [0, 0]
  for (const batch of batches) {
    operations += batch.count
    bytes += batch.bytes.byteLength
    const full = operations > JOINED_OPERATIONS_MAX || bytes > JOINED_BYTES_MAX
    if (group.length > 0 && (full || (batch.count >= LARGE && operations - batch.count >= LARGE))) {
      joined.push(joinBatches(group))
      group = []
      operations = batch.count
      bytes = batch.bytes.byteLength
    }
    group.push(batch)
  }
  if (group.length > 0) joined.push(joinBatches(group))
  return joined
}
