import type { Files, Log, Metrics, Time, Timers } from '../ports/index.ts'
import { type Batch, KINDS, lineAt, type Position, type StreamKey } from '../wire/index.ts'
import type { Batches } from './batches.ts'
import { type Ids, IdWindow } from './ids.ts'
import { ProjectedFile } from './projected-file.ts'
import { Names } from './registry.ts'

/** Operations projected in one turn of the loop. */
const PIECE = 2048
const REWRITE_INTERVAL_MS = 1000
const RETRY_MS = 1000
const [LOGIN, CHANNEL, PUBLISH, MESSAGE, VOID] = KINDS.keys()

export interface ProjectionOptions {
  readonly files: Files
  readonly batches: Batches
  readonly ids: Ids
  readonly held: ReadonlyMap<StreamKey, number>
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly failed: (error: unknown) => void
}

interface Cursor {
  readonly stream: StreamKey
  batch: Batch
  index: number
  /** Where the line of `index` begins in the batch's lines. */
  offset: number
}

/** Writes the files: all final operations in the order, those left out that the rule of ids leaves out. */
export class Projection {
  readonly #options: ProjectionOptions
  readonly #publications: ProjectedFile
  readonly #messages: ProjectedFile
  readonly #registry: ProjectedFile
  #projected = new Map<StreamKey, number>()
  #windows = new Map<string, IdWindow>()
  #leftOut = new Set<string>()
  /** What was known before a rewrite, until it is done. */
  #before: { projected: Map<StreamKey, number>; leftOut: Set<string> } | undefined
  #users = new Names()
  #channels = new Names()
  #registryChanged = true
  #finalClock = 0
  #current = true
  #running = false
  #late = false
  #rewriteAt = Number.NEGATIVE_INFINITY

  constructor(options: ProjectionOptions) {
    this.#options = options
    this.#publications = new ProjectedFile(options.files, 'publications.jsonl')
    this.#messages = new ProjectedFile(options.files, 'messages.jsonl')
    this.#registry = new ProjectedFile(options.files, 'registry.json')
  }

  get finalClock(): number {
    return this.#finalClock
  }

  /** Whether the files show all that is final. */
  get current(): boolean {
    return this.#current && !this.#late
  }

  sizes(): Readonly<Record<string, number>> {
    const files = [this.#publications, this.#messages, this.#registry]
    return Object.fromEntries(files.map((file) => [file.name, file.position]))
  }

  finalise(clock: number): void {
    this.#finalClock = clock
    this.#begin()
  }

  /** So many operations came whose places were already final. */
  late(count: number): void {
    this.#late = true
    this.#options.metrics.add('recado_late_operations_total', count)
    this.#begin()
  }

  /** Whether a final operation has been left out; undefined when its place has not been written yet. */
  isLeftOut(stream: StreamKey, seq: number): boolean | undefined {
    const key = `${stream} ${seq}`
    if (seq <= (this.#projected.get(stream) ?? 0)) return this.#leftOut.has(key)
    if (seq <= (this.#before?.projected.get(stream) ?? 0)) return this.#before?.leftOut.has(key)
    return undefined
  }

  /** Writes all at once what is final. */
  finish(): void {
    if (this.#late) this.#restart()
    while (this.#piece()) {
      // Each piece is bounded; there are as many as it takes.
    }
  }

  #begin(): void {
    this.#current = false
    if (this.#running) return
    this.#running = true
    this.#options.timers.soon(() => this.#run())
  }

  #run(): void {
    const { timers, time, failed } = this.#options
    try {
      if (this.#late) {
        const wait = this.#rewriteAt + REWRITE_INTERVAL_MS - time.monotonic()
        if (wait > 0) {
          timers.after(wait, () => this.#run())
          return
        }
        this.#restart()
      }
      if (this.#piece()) timers.soon(() => this.#run())
      else this.#running = false
    } catch (error) {
      // The files can always be made again: they are tried anew, from their beginning.
      failed(error)
      this.#late = true
      timers.after(RETRY_MS, () => this.#run())
    }
  }

  #restart(): void {
    this.#late = false
    this.#rewriteAt = this.#options.time.monotonic()
    this.#keep()
    this.#projected = new Map()
    this.#windows = new Map()
    this.#leftOut = new Set()
    this.#users = new Names()
    this.#channels = new Names()
    this.#registryChanged = true
    for (const file of [this.#publications, this.#messages, this.#registry]) file.restart()
  }

  /** Histories go on with what was known, until the rewrite has come so far. */
  #keep(): void {
    const { projected, leftOut } = this.#before ?? { projected: new Map<StreamKey, number>(), leftOut: [] }
    for (const [stream, seq] of this.#projected) {
      projected.set(stream, Math.max(seq, projected.get(stream) ?? 0))
    }
    this.#before = { projected, leftOut: new Set([...leftOut, ...this.#leftOut]) }
  }

  /** Projects some; whether there is more. */
  #piece(): boolean {
    const cursors = this.#cursors()
    const lines = { publications: [] as Uint8Array[], messages: [] as Uint8Array[] }
    let count = 0
    while (cursors.length > 0 && count < PIECE) {
      const at = lowest(cursors)
      this.#project(cursors[at] as Cursor, lines)
      count++
      if (!this.#advance(cursors[at] as Cursor)) cursors.splice(at, 1)
    }
    this.#publications.write(Buffer.concat(lines.publications))
    this.#messages.write(Buffer.concat(lines.messages))
    if (cursors.length > 0) return true
    this.#settle()
    return false
  }

  #settle(): void {
    this.#publications.settle()
    this.#messages.settle()
    if (this.#registryChanged) {
      this.#registryChanged = false
      this.#registry.restart()
      const { sorted: users } = this.#users
      const { sorted: channels } = this.#channels
      this.#registry.write(Buffer.from(`${JSON.stringify({ users, channels }, null, 2)}\n`))
      this.#registry.settle()
    }
    this.#current = true
    this.#before = undefined
  }

  #project(cursor: Cursor, lines: { publications: Uint8Array[]; messages: Uint8Array[] }): void {
    const { stream, batch, index, offset } = cursor
    const seq = batch.firstSeq + index
    this.#projected.set(stream, seq)
    const user = batch.users[index] as string
    const kind = batch.kinds[index] as number
    if (kind === VOID) return
    const { origin, incarnation } = batch
    const position = { clock: batch.clocks[index] as number, origin, incarnation, seq }
    if (this.#isDoubled(user, batch.ids[index] as string, position)) {
      this.#leftOut.add(`${stream} ${seq}`)
      return
    }
    const line = batch.lines.subarray(offset, offset + (batch.lengths[index] as number))
    if (kind === PUBLISH) lines.publications.push(line)
    if (kind === MESSAGE) lines.messages.push(line)
    if (kind === LOGIN && this.#users.add(user, position)) this.#registryChanged = true
    if (kind === CHANNEL && this.#channels.add(batch.targets[index] as string, position)) {
      this.#registryChanged = true
    }
  }

  #isDoubled(user: string, id: string, position: Position): boolean {
    const { ids } = this.#options
    let window = this.#windows.get(user)
    if (window === undefined) {
      window = new IdWindow()
      this.#windows.set(user, window)
    }
    // What came late may have been forgotten with older ones before its place was made.
    if (this.#before !== undefined) ids.add(user, id, position)
    const { leftOut, forgotten } = window.push(id)
    if (forgotten !== undefined) ids.forget(user, forgotten, position)
    return leftOut
  }

  /** The next final operation of each stream that has one. */
  #cursors(): Cursor[] {
    const { batches, held } = this.#options
    const cursors: Cursor[] = []
    for (const [stream, last] of held) {
      const seq = (this.#projected.get(stream) ?? 0) + 1
      if (seq > last) continue
      const batch = batches.containing(stream, seq)
      if (batch === undefined) continue
      const index = seq - batch.firstSeq
      if ((batch.clocks[index] as number) > this.#finalClock) continue
      cursors.push({ stream, batch, index, offset: lineAt(batch, index).byteOffset - batch.lines.byteOffset })
    }
    return cursors
  }

  /** Moves to the stream's next operation; false when that is not final or not here. */
  #advance(cursor: Cursor): boolean {
    const { batches, held } = this.#options
    const { batch } = cursor
    cursor.offset += batch.lengths[cursor.index] as number
    cursor.index++
    if (cursor.index === batch.count) {
      const seq = batch.firstSeq + batch.count
      if (seq > (held.get(cursor.stream) ?? 0)) return false
      const next = batches.startingAt(cursor.stream, seq)
      if (next === undefined) return false
      Object.assign(cursor, { batch: next, index: 0, offset: 0 })
    }
    return (cursor.batch.clocks[cursor.index] as number) <= this.#finalClock
  }
}

function lowest(cursors: readonly Cursor[]): number {
  let lowestAt = 0
  for (let at = 1; at < cursors.length; at++) {
    if (precedes(cursors[at] as Cursor, cursors[lowestAt] as Cursor)) lowestAt = at
  }
  return lowestAt
}

/** The total order: clock, origin, incarnation; within one stream cursors never meet. */
function precedes(a: Cursor, b: Cursor): boolean {
  const [clockA, clockB] = [a.batch.clocks[a.index] as number, b.batch.clocks[b.index] as number]
  if (clockA !== clockB) return clockA < clockB
  if (a.batch.origin !== b.batch.origin) return a.batch.origin < b.batch.origin
  return a.batch.incarnation < b.batch.incarnation
}
