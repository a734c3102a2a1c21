import type { KeyValue, KeyValueChange } from '../ports/index.ts'
import {
  type Batch,
  comparePositions,
  decode,
  decodeBatch,
  encode,
  KINDS,
  makeBatch,
  type Operation,
  operationAt,
  PEER_LIMITS,
  type Position,
  type StreamKey,
  type Vector,
} from '../wire/index.ts'
import { Batches } from './batches.ts'
import { changesOf } from './changes.ts'
import { readHistory } from './history.ts'
import { Ids } from './ids.ts'
import { allBatches, MEMORY_KEY } from './keys.ts'
import { EMPTY_MEMORY } from './memory.ts'
import { Projection } from './projection.ts'
import { Names } from './registry.ts'
import type { HistoryPage, HistoryQuery, Memory, Store, StoreOptions } from './types.ts'

/** Bytes that may wait for the disk. */
const UNFLUSHED_BYTES_MAX = 64 * 1024 * 1024
const FULL_RETRY_MS = 1000
/** A file that stands beside the others after the disk failed: it may lack what was called durable. */
const DOUBT = 'DOUBT'
const [LOGIN, CHANNEL] = KINDS.keys()
const VOID = KINDS.indexOf('void')

/** Opens the store: reads the whole set, checks each batch, and makes what is derived from it. */
export function openStore(options: StoreOptions): Store {
  return new DiskStore(options)
}

class DiskStore implements Store {
  readonly #options: StoreOptions
  readonly #keyValue: KeyValue
  readonly #batches: Batches
  readonly #ids = new Ids()
  readonly #users = new Names()
  readonly #channels = new Names()
  readonly #projection: Projection
  readonly held: Vector = new Map()
  readonly durable: Vector = new Map()
  readonly found: boolean
  highestClock = 0
  memory: Memory

  #waiting: Batch[] = []
  #waitingBytes = 0
  #flushing: Batch[] = []
  #memoryChanged = false
  #done: (() => void)[] = []
  #scheduled = false
  #committing = false
  #full = false
  #failed = false
  #closing: (() => void) | undefined

  constructor(options: StoreOptions) {
    this.#options = options
    this.#keyValue = options.keyValue
    this.#batches = new Batches(options.keyValue, (cause) => this.#damaged(cause))
    const remembered = this.#keyValue.get(MEMORY_KEY)
    this.found = remembered !== undefined
    this.memory = remembered === undefined ? EMPTY_MEMORY : (decode(remembered, PEER_LIMITS) as Memory)
    this.#projection = new Projection({
      ...options,
      batches: this.#batches,
      ids: this.#ids,
      held: this.durable,
      failed: (error) => options.log.error({ err: error }, 'Cannot write the files; they are tried again'),
    })
    const damaged = this.#load()
    if (damaged || options.files.size(DOUBT) !== undefined) this.memory = { ...this.memory, intact: false }
  }

  get lowestUnflushedClock(): number | undefined {
    let lowest: number | undefined
    for (const batch of [...this.#flushing, ...this.#waiting]) {
      const clock = batch.clocks[0] as number
      if (lowest === undefined || clock < lowest) lowest = clock
    }
    return lowest
  }

  get finalClock(): number {
    return this.#projection.finalClock
  }

  get filesCurrent(): boolean {
    return this.#projection.current
  }

  append(batch: Batch): 'appended' | 'known' | 'gap' | 'full' {
    const held = this.held.get(batch.stream) ?? 0
    if (batch.firstSeq + batch.count - 1 <= held) return 'known'
    if (batch.firstSeq > held + 1) return 'gap'
    if (this.#waitingBytes > UNFLUSHED_BYTES_MAX) return 'full'
    const fresh = batch.firstSeq === held + 1 ? batch : behind(batch, held)
    this.#take(fresh, false)
    this.#waiting.push(fresh)
    this.#waitingBytes += fresh.bytes.byteLength
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
    return this.#ids.find(user, id)
  }

  read(stream: StreamKey, seq: number): Operation | undefined {
    if (seq > (this.held.get(stream) ?? 0)) return undefined
    const batch = this.#batches.containing(stream, seq)
    return batch === undefined ? undefined : operationAt(batch, seq - batch.firstSeq)
  }

  batches(stream: StreamKey, after: number, bytes: number): Uint8Array[] {
    if (after >= (this.durable.get(stream) ?? 0)) return []
    return this.#batches.encoded(stream, after, bytes)
  }

  hasUser(name: string): boolean {
    return this.#users.get(name) !== undefined
  }

  hasChannel(name: string): boolean {
    return this.#channels.get(name) !== undefined
  }

  userAt(name: string): Position | undefined {
    return this.#users.get(name)
  }

  channelAt(name: string): Position | undefined {
    return this.#channels.get(name)
  }

  users(): readonly string[] {
    return this.#users.sorted
  }

  channels(): readonly string[] {
    return this.#channels.sorted
  }

  history(query: HistoryQuery): HistoryPage {
    return readHistory(query, this.#batches, (stream, batch, index) => {
      const seq = batch.firstSeq + index
      const known = this.#projection.isLeftOut(stream, seq)
      if (known !== undefined) return known
      const first = this.#ids.find(batch.users[index] as string, batch.ids[index] as string)
      const { origin, incarnation } = batch
      const position = { clock: batch.clocks[index] as number, origin, incarnation, seq }
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
    return this.#keyValue.space()
  }

  close(done: () => void): void {
    this.#closing = () => {
      try {
        if (!this.#failed) this.#projection.finish()
      } catch (error) {
        this.#options.log.warn({ err: error }, 'Cannot bring the files up to date; the next start will')
      }
      this.#keyValue.close(done)
    }
    if (this.#failed) this.#closing()
    else this.#flush()
  }

  /** Reads all batches; whether one failed its check. Behind such a one its stream ends here, and peers fill it. */
  #load(): boolean {
    let damaged = false
    const ended = new Set<StreamKey>()
    const removed: KeyValueChange[] = []
    for (const { key, value } of this.#keyValue.range(allBatches())) {
      const stream = Buffer.from(key.subarray(1, key.byteLength - 9)).toString()
      const batch = ended.has(stream) ? undefined : this.#decode(stream, value)
      if (batch === undefined || batch.firstSeq !== (this.held.get(stream) ?? 0) + 1) {
        damaged = true
        ended.add(stream)
        removed.push({ key: Uint8Array.from(key) })
        continue
      }
      this.#take(batch, true)
      this.durable.set(stream, batch.firstSeq + batch.count - 1)
    }
    if (removed.length > 0) {
      this.#options.log.error(
        { batches: removed.length },
        'Batches on the disk fail their check; peers have them',
      )
      this.#commit(removed, () => this.#flush())
    }
    return damaged
  }

  #decode(stream: StreamKey, value: Uint8Array): Batch | undefined {
    try {
      const batch = decodeBatch(Uint8Array.from(value))
      return batch.stream === stream ? batch : undefined
    } catch {
      return undefined
    }
  }

  #take(batch: Batch, flushed: boolean): void {
    const { stream, origin, incarnation, firstSeq, count } = batch
    this.held.set(stream, firstSeq + count - 1)
    this.#batches.add(batch, flushed)
    for (let index = 0; index < count; index++) {
      const position = { clock: batch.clocks[index] as number, origin, incarnation, seq: firstSeq + index }
      this.highestClock = Math.max(this.highestClock, position.clock)
      if (batch.kinds[index] === VOID) continue
      const user = batch.users[index] as string
      this.#ids.add(user, batch.ids[index] as string, position)
      if (batch.kinds[index] === LOGIN) this.#users.add(user, position)
      if (batch.kinds[index] === CHANNEL) this.#channels.add(batch.targets[index] as string, position)
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing || this.#failed) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  /** Puts all that waits on the disk in one commit; what comes meanwhile goes into the next. */
  #flush(): void {
    if (this.#committing || this.#failed) return
    if (this.#waiting.length === 0 && !this.#memoryChanged) {
      this.#closing?.()
      return
    }
    const batches = this.#waiting
    const done = this.#done
    this.#flushing = batches
    this.#waiting = []
    this.#waitingBytes = 0
    this.#done = []
    const changes = batches.flatMap(changesOf)
    if (this.#memoryChanged) changes.push({ key: MEMORY_KEY, value: encode(this.memory) })
    this.#memoryChanged = false
    this.#commit(changes, () => this.#flushed(batches, done))
  }

  #commit(changes: readonly KeyValueChange[], done: () => void): void {
    const { timers } = this.#options
    this.#committing = true
    this.#keyValue.commit(changes, (error) => {
      if (error === undefined) {
        this.#committing = false
        this.#tellFull(false)
        done()
        return
      }
      if (isFull(error)) {
        this.#tellFull(true)
        timers.after(FULL_RETRY_MS, () => this.#commit(changes, done))
        return
      }
      if (this.#failed) return
      this.#fail(error)
      this.#closing?.()
    })
  }

  /** The disk gave back something else than was written. The next start ends that stream there; peers have the rest. */
  #damaged(cause: unknown): void {
    if (!this.#failed) this.#fail(cause instanceof Error ? cause : new Error(String(cause)))
  }

  #fail(error: Error): void {
    this.#failed = true
    this.#markDoubt()
    this.#options.events.failed('disk_failed', error)
  }

  #flushed(batches: readonly Batch[], done: readonly (() => void)[]): void {
    const changes: Vector = new Map()
    this.#flushing = []
    let late = 0
    for (const batch of batches) {
      this.#batches.flushed(batch)
      this.durable.set(batch.stream, batch.firstSeq + batch.count - 1)
      changes.set(batch.stream, batch.firstSeq + batch.count - 1)
      late += this.#tellLate(batch)
    }
    if (late > 0) this.#projection.late(late)
    const trusted = this.memory.intact && !this.#failed
    if (trusted && this.#options.files.size(DOUBT) !== undefined) this.#options.files.remove(DOUBT)
    for (const each of done) each()
    this.#options.events.flushed(changes)
    if (this.#closing === undefined) {
      if (this.#waiting.length > 0 || this.#memoryChanged) this.#schedule()
    } else this.#flush()
  }

  /** How many of a batch's operations have places that are final already. */
  #tellLate({ clocks, origin, incarnation, firstSeq }: Batch): number {
    const count = clocks.filter((clock) => clock <= this.finalClock).length
    const position = { clock: clocks[0] as number, origin, incarnation, seq: firstSeq }
    if (count > 0) this.#options.events.late(position, count)
    return count
  }

  #tellFull(full: boolean): void {
    if (this.#full === full) return
    this.#full = full
    this.#options.events.full(full)
  }

  #markDoubt(): void {
    try {
      this.#options.files.append(DOUBT, Buffer.from('The disk failed: it may lack what was called durable\n'))
    } catch (error) {
      this.#options.log.error({ err: error }, 'Cannot mark the disk as in doubt')
    }
  }
}

/** The part of a batch behind what is held. */
function behind(batch: Batch, held: number): Batch {
  const from = held + 1 - batch.firstSeq
  const skipped = batch.lengths.slice(0, from).reduce((sum, length) => sum + length, 0)
  return makeBatch({
    origin: batch.origin,
    incarnation: batch.incarnation,
    firstSeq: held + 1,
    clocks: batch.clocks.slice(from),
    timestamps: batch.timestamps.slice(from),
    kinds: batch.kinds.slice(from),
    ids: batch.ids.slice(from),
    users: batch.users.slice(from),
    targets: batch.targets.slice(from),
    lengths: batch.lengths.slice(from),
    lines: batch.lines.subarray(skipped),
  })
}

function isFull(error: Error & { code?: unknown }): boolean {
  return error.code === 'ENOSPC'
}
