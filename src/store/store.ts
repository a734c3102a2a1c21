import type { KeyValueChange } from '../ports/index.ts'
import {
  type Batch,
  batchFrom,
  comparePositions,
  decodeBatch,
  type Operation,
  type Position,
  type StreamKey,
  type Vector,
} from '../wire/index.ts'
import { Batches } from './batches.ts'
import { Doubt } from './doubt.ts'
import { readKept } from './format.ts'
import { readHistory } from './history.ts'
import { allBatches } from './keys.ts'
import { EMPTY_MEMORY } from './memory.ts'
import { Projection } from './projection.ts'
import { encodeMemory, readRecord } from './records.ts'
import { SetIndex } from './set-index.ts'
import { Settlement } from './settlement.ts'
import type { HistoryPage, HistoryQuery, Members, Memory, Store, StoreOptions, UserSecret } from './types.ts'
import { Unflushed } from './unflushed.ts'

/** Bytes that may wait for the disk, or stand in the journal alone. */
const UNFLUSHED_BYTES_MAX = 64 * 1024 * 1024
const FULL_RETRY_MS = 1000

/** Reads and checks the whole set. @throws RecadoError `other_format`; any other error when the store is damaged */
export function openStore(options: StoreOptions): Store {
  return new DiskStore(options)
}

class DiskStore implements Store {
  readonly #options: StoreOptions
  readonly #batches: Batches
  readonly #index: SetIndex
  readonly #settlement: Settlement
  readonly #projection: Projection
  readonly held: Vector = new Map()
  readonly durable: Vector = new Map()
  readonly found: boolean
  memory: Memory

  readonly #unflushed: Unflushed
  #memoryChanged = false
  #done: (() => void)[] = []
  #scheduled = false
  #appending = false
  readonly #full = new Set<'appending' | 'settling'>()
  #failed = false
  readonly #doubt: Doubt
  #closing: (() => void) | undefined

  constructor(options: StoreOptions) {
    this.#options = options
    const { memory, lastRecord } = readKept(options.keyValue)
    this.memory = memory
    this.#batches = new Batches({ ...options, damaged: (cause) => this.#damaged(cause) })
    this.#index = new SetIndex(this.#batches, options.chance)
    this.#unflushed = new Unflushed(options.groupBytes)
    this.#settlement = new Settlement({
      ...options,
      batches: this.#batches,
      durable: this.durable,
      lastRecord,
      memory: () => this.memory,
      idle: () => !this.#appending,
      full: (full) => this.#tellFull('settling', full),
      failed: (error) => this.#diskFailed(error),
      settled: () => {
        this.#flush()
        this.#closeIfDone()
      },
    })
    this.#projection = new Projection({
      ...options,
      batches: this.#batches,
      ids: this.#index.ids,
      places: this.#index.places,
      held: this.durable,
      failed: (error) => options.log.error({ err: error }, 'Cannot write the files; they are tried again'),
    })
    this.#doubt = new Doubt(options)
    const removed = this.#load()
    const damaged = this.#recover() || removed.length > 0
    this.found = this.memory !== EMPTY_MEMORY
    // Before the commit that removes what shows it.
    if (damaged || this.#doubt.present) this.memory = { ...this.memory, intact: false }
    this.#settlement.begin(removed)
  }

  get highestClock(): number {
    return this.#index.highestClock
  }

  get lowestUnflushedClock(): number | undefined {
    return this.#unflushed.lowestClock
  }

  get finalClock(): number {
    return this.#projection.finalClock
  }

  get filesCurrent(): boolean {
    return this.#projection.current
  }

  append(batch: Batch): 'appended' | 'known' | 'gap' | 'full' {
    const held = this.held.get(batch.stream) ?? 0
    if (batch.lastSeq <= held) return 'known'
    if (batch.firstSeq > held + 1) return 'gap'
    if (this.#unflushed.bytes + this.#settlement.bytes > UNFLUSHED_BYTES_MAX) return 'full'
    const fresh = batchFrom(batch, held + 1 - batch.firstSeq)
    try {
      this.#take(fresh, false)
    } catch (error) {
      // Held by halves, it can neither be called back nor flushed.
      this.#damaged(error)
      throw error
    }
    this.#unflushed.add(fresh)
    this.#schedule()
    return 'appended'
  }

  remember(changes: Partial<Memory>, done?: () => void): void {
    this.memory = { ...this.memory, ...changes }
    this.#memoryChanged = true
    if (done !== undefined) this.#done.push(done)
    this.#schedule()
  }

  find(user: string, id: string): Position | undefined {
    return this.#index.find(user, id)
  }

  read(stream: StreamKey, seq: number): Operation | undefined {
    if (seq > (this.held.get(stream) ?? 0)) return undefined
    const batch = this.#batches.containing(stream, seq)
    return batch?.operationAt(seq - batch.firstSeq)
  }

  batches(stream: StreamKey, after: number, bytes: number): Uint8Array[] {
    const durable = this.durable.get(stream) ?? 0
    return after >= durable ? [] : this.#batches.encoded(stream, after, durable, bytes)
  }

  userAt(name: string): Position | undefined {
    return this.#index.users.get(name)
  }

  channelAt(name: string): Position | undefined {
    return this.#index.channels.get(name)
  }

  secretOf(user: string): UserSecret | undefined {
    return this.#index.secrets.of(user)
  }

  channelsMadeBy(user: string): number {
    return this.#index.channelsMade.get(user) ?? 0
  }

  membersOf(channel: string): Members | undefined {
    return this.#index.groups.membersOf(channel)
  }

  users(): readonly string[] {
    return this.#index.users.sorted
  }

  channels(): readonly string[] {
    return this.#index.channels.sorted
  }

  history(query: HistoryQuery): HistoryPage {
    return readHistory(query, this.#batches, (stream, batch, index) => {
      const seq = batch.firstSeq + index
      const known = this.#projection.isLeftOut(stream, seq)
      if (known !== undefined) return known
      const first = this.find(batch.userAt(index), batch.idAt(index))
      const { origin, incarnation } = batch
      const position = { clock: batch.clockAt(index), origin, incarnation, seq }
      return first !== undefined && comparePositions(first, position) < 0
    })
  }

  finalise(clock: number): void {
    if (clock > this.finalClock) this.#projection.finalise(clock)
  }

  fileSizes(): Readonly<Record<string, number>> {
    return this.#projection.sizes()
  }

  space(): { free: number; total: number } {
    return this.#options.keyValue.space()
  }

  close(done: () => void): void {
    this.#closing = done
    this.#flush()
    this.#closeIfDone()
  }

  /** Once nothing waits for the disk any more, or the disk has failed. */
  #closeIfDone(): void {
    const done = this.#closing
    if (done === undefined) return
    if (!this.#failed && (this.#appending || this.#anyWaiting)) return
    if (!this.#failed && !this.#settlement.finish()) return
    this.#closing = undefined
    try {
      if (!this.#failed) this.#projection.finish()
    } catch (error) {
      this.#options.log.warn({ err: error }, 'Cannot bring the files up to date; the next start will')
    }
    this.#options.journal.close()
    this.#options.keyValue.close(done)
  }

  /** Reads all batches. Behind one that fails its check its stream ends here, and peers fill it; what is to be removed. */
  #load(): KeyValueChange[] {
    const { keyValue, log } = this.#options
    const ended = new Set<StreamKey>()
    const removed: KeyValueChange[] = []
    for (const { key, value } of keyValue.range(allBatches())) {
      const stream = Buffer.from(key.subarray(1, key.byteLength - 9)).toString()
      const batch = ended.has(stream) ? undefined : this.#decode(stream, value)
      if (batch === undefined || batch.firstSeq !== (this.held.get(stream) ?? 0) + 1) {
        ended.add(stream)
        removed.push({ key: Uint8Array.from(key) })
        continue
      }
      this.#take(batch, true)
      this.durable.set(stream, batch.lastSeq)
    }
    if (removed.length > 0) {
      log.error({ batches: removed.length }, 'Batches on the disk fail their check; peers have them')
    }
    return removed
  }

  /** Takes what the journal holds beyond the key-value store; whether something of it is missing. */
  #recover(): boolean {
    const { records, damaged } = this.#options.journal.records(this.#settlement.lastRecord)
    let missing = damaged
    for (const bytes of records) {
      const record = readRecord(bytes)
      if (record === undefined) missing = true
      else if ('memory' in record) {
        this.memory = record.memory
        // To be settled too before the journal is written over.
        this.#settlement.add(bytes.byteLength)
      } else missing = !this.#recoverBatch(record.batch) || missing
    }
    if (missing) this.#options.log.error({}, 'The journal lacks records; peers have what they held')
    return missing
  }

  #recoverBatch(batch: Batch): boolean {
    const held = this.held.get(batch.stream) ?? 0
    if (batch.lastSeq <= held) return true
    if (batch.firstSeq > held + 1) return false
    const fresh = batchFrom(batch, held + 1 - batch.firstSeq)
    this.#take(fresh, false)
    this.durable.set(fresh.stream, fresh.lastSeq)
    this.#settlement.add(fresh.bytes.byteLength)
    return true
  }

  #decode(stream: StreamKey, value: Uint8Array): Batch | undefined {
    try {
      const batch = decodeBatch(new Uint8Array(value))
      return batch.stream === stream ? batch : undefined
    } catch {
      return undefined
    }
  }

  #take(batch: Batch, settled: boolean): void {
    this.held.set(batch.stream, batch.lastSeq)
    this.#batches.add(batch, settled)
    this.#index.add(batch)
  }

  #schedule(): void {
    if (this.#scheduled || this.#appending || this.#failed) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  get #anyWaiting(): boolean {
    return this.#unflushed.anyWaiting || this.#memoryChanged
  }

  /** Puts what waits on the disk, in one write unless that is much; what comes meanwhile goes into the next. */
  #flush(): void {
    if (this.#appending || this.#failed || this.#settlement.recovering) return
    if (!this.#anyWaiting) return
    const batches = this.#unflushed.next()
    const done = this.#done
    this.#done = []
    const records = batches.map(({ bytes }) => bytes)
    if (this.#memoryChanged) {
      const memory = encodeMemory(this.memory)
      records.push(memory)
      this.#settlement.add(memory.byteLength)
    }
    this.#memoryChanged = false
    this.#append(records, () => this.#flushed(batches, done))
  }

  #append(records: readonly Uint8Array[], done: () => void): void {
    const { timers, journal } = this.#options
    this.#appending = true
    journal.append(records, (error) => {
      if (error === undefined) {
        this.#appending = false
        this.#tellFull('appending', false)
        done()
        return
      }
      if (isFull(error)) {
        this.#tellFull('appending', true)
        timers.after(FULL_RETRY_MS, () => this.#append(records, done))
        return
      }
      this.#diskFailed(error)
    })
  }

  #diskFailed(error: Error): void {
    if (!this.#failed) this.#fail(error)
    this.#closeIfDone()
  }

  /** The disk gave back something else than was written. The next start ends that stream there; peers have the rest. */
  #damaged(cause: unknown): void {
    if (!this.#failed) this.#fail(cause instanceof Error ? cause : new Error(String(cause)))
  }

  #fail(error: Error): void {
    this.#failed = true
    this.#doubt.mark()
    this.#options.events.failed('disk_failed', error)
  }

  #flushed(batches: readonly Batch[], done: readonly (() => void)[]): void {
    const changes: Vector = new Map()
    this.#unflushed.flushed()
    let late = 0
    for (const batch of batches) {
      this.#settlement.add(batch.bytes.byteLength)
      this.durable.set(batch.stream, batch.lastSeq)
      changes.set(batch.stream, batch.lastSeq)
      late += this.#tellLate(batch)
    }
    if (late > 0) this.#projection.late(late)
    if (this.#doubt.present && this.memory.intact && !this.#failed) this.#doubt.end()
    for (const each of done) each()
    this.#options.events.flushed(changes)
    this.#settlement.review()
    this.#flush()
    this.#closeIfDone()
  }

  /** How many of a batch's operations have places that are final already. */
  #tellLate(batch: Batch): number {
    if (batch.clockAt(0) > this.finalClock) return 0
    let count = 0
    while (count < batch.count && batch.clockAt(count) <= this.finalClock) count++
    const { origin, incarnation, firstSeq } = batch
    this.#options.events.late({ clock: batch.clockAt(0), origin, incarnation, seq: firstSeq }, count)
    return count
  }

  #tellFull(part: 'appending' | 'settling', full: boolean): void {
    const before = this.#full.size > 0
    if (full) this.#full.add(part)
    else this.#full.delete(part)
    if (this.#full.size > 0 !== before) this.#options.events.full(full)
  }
}

function isFull(error: Error & { code?: unknown }): boolean {
  return error.code === 'ENOSPC'
}
