import type { Log, Metrics, Time, Timers } from '../ports/index.ts'
import { type Batch, KINDS, type StreamKey } from '../wire/index.ts'
import type { Batches } from './batches.ts'
import type { Ids, IdsOfBatch } from './ids.ts'
import type { Places } from './places.ts'
import { ProjectedFile } from './projected-file.ts'
import { Registered } from './registered.ts'
import type { StoreFiles } from './types.ts'

/** Operations projected in one turn of the loop. */
const PIECE = 2048
/** What became final within this time is written at once. */
const GATHER_MS = 10
/** Between two pieces of what stands in the files already: it is not urgent, and there is better to do. */
const PAUSE_MS = 3
const REWRITE_INTERVAL_MS = 1000
const RETRY_MS = 1000
/** Pieces of 1 MiB that are copied when the store is closed: some 0.6 s. */
const COPIED_AT_END_MAX = 64
const [, , PUBLISH, MESSAGE, VOID] = KINDS.keys()

export interface ProjectionOptions {
  readonly files: StoreFiles
  readonly batches: Batches
  readonly ids: Ids
  readonly places: Places
  readonly held: ReadonlyMap<StreamKey, number>
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly failed: (error: unknown) => void
}

interface Cursor {
  readonly stream: StreamKey
  /** The stream's number among the places. */
  readonly number: number
  batch: Batch
  index: number
  ids: IdsOfBatch
}

/** A file, and the lines for it that stand behind each other in one batch: they are written as one. */
interface Run {
  readonly file: ProjectedFile
  batch: Batch | undefined
  start: number
  end: number
  readonly pieces: Uint8Array[]
}

/** Writes the files: all final operations in the order, those left out that the rule of ids leaves out. */
export class Projection {
  readonly #options: ProjectionOptions
  readonly #publications: ProjectedFile
  readonly #messages: ProjectedFile
  readonly #registry: ProjectedFile
  #projected = new Map<StreamKey, number>()
  #leftOut = new Set<string>()
  /** What was known before a rewrite, until it is done. */
  #before: { projected: Map<StreamKey, number>; leftOut: Set<string> } | undefined
  #registered = new Registered()
  #registryChanged = true
  #finalClock = 0
  #current = true
  #running = false
  #late = false
  /** What is kept of a file whose tail changes is being copied. */
  #copying = false
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
    // Clocks go on in a quiet system too.
    if (!this.#current || this.#hasRest()) this.#begin()
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

  /** Writes all at once what is final; where much would have to be copied for it, the next start does. */
  finish(): void {
    if (this.#late) this.#restart()
    let copied = 0
    while (copied < COPIED_AT_END_MAX && this.#piece()) if (this.#copying) copied++
  }

  /** Whether anything is held that does not stand in the files. */
  #hasRest(): boolean {
    if (this.#registryChanged) return true
    for (const [stream, last] of this.#options.held) {
      if ((this.#projected.get(stream) ?? 0) < last) return true
    }
    return false
  }

  #begin(): void {
    this.#current = false
    if (this.#running) return
    this.#running = true
    this.#options.timers.after(GATHER_MS, () => this.#run())
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
      if (!this.#piece()) this.#running = false
      else if (this.#copying || this.#publications.comparing) timers.after(PAUSE_MS, () => this.#run())
      else timers.soon(() => this.#run())
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
    this.#options.ids.restart()
    this.#leftOut = new Set()
    this.#registered = new Registered()
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
    if (this.#copyOn()) return true
    const cursors = this.#cursors()
    const publications = runOf(this.#publications)
    const messages = runOf(this.#messages)
    let count = 0
    while (cursors.length > 0 && count < PIECE) {
      const at = lowest(cursors)
      this.#project(cursors[at] as Cursor, publications, messages)
      count++
      if (!this.#advance(cursors[at] as Cursor)) cursors.splice(at, 1)
    }
    for (const run of [publications, messages]) {
      endRun(run)
      run.file.write(run.pieces.length === 1 ? (run.pieces[0] as Uint8Array) : Buffer.concat(run.pieces))
    }
    if (this.#copyOn() || cursors.length > 0) return true
    this.#settle()
    return false
  }

  #copyOn(): boolean {
    this.#copying = this.#publications.copyOn() || this.#messages.copyOn()
    return this.#copying
  }

  #settle(): void {
    this.#publications.settle()
    this.#messages.settle()
    if (this.#registryChanged) {
      this.#registryChanged = false
      this.#registry.restart()
      this.#registry.write(Buffer.from(this.#registered.render()))
      this.#registry.settle()
    }
    this.#current = true
    this.#before = undefined
    this.#options.ids.tidy()
  }

  #project(cursor: Cursor, publications: Run, messages: Run): void {
    const { stream, batch, index } = cursor
    const seq = batch.firstSeq + index
    this.#projected.set(stream, seq)
    const kind = batch.kindAt(index)
    if (kind === VOID) return
    if (this.#isDoubled(cursor, seq)) {
      this.#leftOut.add(`${stream} ${seq}`)
      return
    }
    if (kind === PUBLISH) extendRun(publications, batch, index)
    else if (kind === MESSAGE) extendRun(messages, batch, index)
    else if (this.#registered.add(batch, index)) this.#registryChanged = true
  }

  #isDoubled(cursor: Cursor, seq: number): boolean {
    const { ids, places } = this.#options
    const place = places.place(cursor.number, seq)
    // What came late may have been forgotten with older ones before its place was made.
    if (this.#before !== undefined) ids.add(cursor.ids, cursor.index, place)
    return ids.finalise(cursor.ids, cursor.index, place)
  }

  /** The next final operation of each stream that has one. */
  #cursors(): Cursor[] {
    const { batches, held, ids, places } = this.#options
    const cursors: Cursor[] = []
    for (const [stream, last] of held) {
      const seq = (this.#projected.get(stream) ?? 0) + 1
      if (seq > last) continue
      const batch = batches.containing(stream, seq)
      if (batch === undefined) continue
      const index = seq - batch.firstSeq
      if (batch.clockAt(index) > this.#finalClock) continue
      cursors.push({ stream, number: places.stream(stream), batch, index, ids: ids.of(batch) })
    }
    return cursors
  }

  /** Moves to the stream's next operation; false when that is not final or not here. */
  #advance(cursor: Cursor): boolean {
    const { batches, held, ids } = this.#options
    const { batch } = cursor
    cursor.index++
    if (cursor.index === batch.count) {
      const seq = batch.lastSeq + 1
      if (seq > (held.get(cursor.stream) ?? 0)) return false
      const next = batches.startingAt(cursor.stream, seq)
      if (next === undefined) return false
      Object.assign(cursor, { batch: next, index: 0, ids: ids.of(next) })
    }
    return cursor.batch.clockAt(cursor.index) <= this.#finalClock
  }
}

function runOf(file: ProjectedFile): Run {
  return { file, batch: undefined, start: 0, end: 0, pieces: [] }
}

function extendRun(run: Run, batch: Batch, index: number): void {
  const [start, end] = [batch.lineStart(index), batch.lineStart(index + 1)]
  if (run.batch === batch && run.end === start) {
    run.end = end
    return
  }
  endRun(run)
  run.batch = batch
  run.start = start
  run.end = end
}

function endRun(run: Run): void {
  if (run.batch !== undefined) run.pieces.push(run.batch.lines.subarray(run.start, run.end))
  run.batch = undefined
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
  const [clockA, clockB] = [a.batch.clockAt(a.index), b.batch.clockAt(b.index)]
  if (clockA !== clockB) return clockA < clockB
  if (a.batch.origin !== b.batch.origin) return a.batch.origin < b.batch.origin
  return a.batch.incarnation < b.batch.incarnation
}
