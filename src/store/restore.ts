import type { Files, KeyValue, KeyValueChange } from '../ports/index.ts'
import {
  type Batch,
  BatchWriter,
  KINDS,
  type Kind,
  type Operation,
  RecadoError,
  renderAboutLine,
  streamKey,
} from '../wire/index.ts'
import { changesOf } from './changes.ts'
import { changesOfKept } from './format.ts'
import { IdWindow } from './id-window.ts'
import { allBatches, MEMORY_KEY } from './keys.ts'
import { EMPTY_MEMORY } from './memory.ts'
import { mergedLines, notRestorable, type RestoredLine, readRegistry } from './restored-lines.ts'

/** The stream of users and channels: of a name and at a time that no server's start can have. */
const ORIGIN = 'restored'
const INCARNATION = 1
/** Operations and bytes of lines in one batch, and so in one commit. */
const BATCH_MAX = 1024
const BATCH_BYTES_MAX = 4 * 1024 * 1024
/** Operations and bytes that are gathered over all streams before they are committed. */
const GATHERED_MAX = 16_384
const GATHERED_BYTES_MAX = 16 * 1024 * 1024
/** Operations without a line between two of a stream. More are no plausible past, and would fill the disk. */
const GAP_MAX = 10_000_000

export interface RestoreOptions {
  /** Holds `publications.jsonl`, `messages.jsonl` and `registry.json`. */
  readonly files: Files
  /** Opened only once every line was found good: an empty map. */
  readonly open: () => KeyValue
}

/** How many operations with a line, fillers, users and channels a restored store has. */
export interface Restored {
  readonly operations: number
  readonly voids: number
  readonly users: number
  readonly channels: number
}

/**
 * Makes a store from the files that another has written; it writes the same files again. It is a function of the files
 * alone: every server may be restored from them. What had no line has become `void`; users and channels are made known
 * by a stream of their own, and so are those that only lines name, which a registry cut off by a crash may lack.
 * @throws RecadoError `not_restorable` naming file and line; `disk_failed`
 */
export async function restore({ files, open }: RestoreOptions): Promise<Restored> {
  new Restoration(files).check()
  const keyValue = open()
  try {
    if (!isEmpty(keyValue)) throw new RecadoError('not_restorable', 'The store holds operations already')
    return await new Restoration(files).write(keyValue)
  } finally {
    await new Promise<void>((resolve) => keyValue.close(resolve))
  }
}

interface Stream {
  readonly origin: string
  readonly incarnation: number
  /** Of the last line that was placed. */
  seq: number
  clock: number
  /** The `seq` of the first that is gathered. */
  firstSeq: number
  gathered: Row[]
}

interface Row {
  readonly clock: number
  readonly timestamp: number
  readonly kind: Kind
  readonly id: string
  readonly user: string
  readonly target: string
  readonly line: Uint8Array
}

const NO_LINE = new Uint8Array()

class Restoration {
  readonly #files: Files
  readonly #streams = new Map<string, Stream>()
  readonly #windows = new Map<string, IdWindow>()
  readonly #users: Set<string>
  readonly #channels: Set<string>
  /** Of the private channels. */
  readonly #members: Map<string, Set<string>>
  /** Those that only lines name. */
  readonly #unlisted = new Set<string>()
  #gathered = 0
  #gatheredBytes = 0
  #operations = 0
  #voids = 0
  #incarnation = 0

  constructor(files: Files) {
    this.#files = files
    const registry = readRegistry(files)
    this.#users = new Set(registry.users)
    this.#members = new Map([...registry.members].map(([channel, names]) => [channel, new Set(names)]))
    this.#channels = new Set([...registry.channels, ...this.#members.keys()])
  }

  /** Reads all, and keeps nothing. */
  check(): void {
    for (const line of mergedLines(this.#files)) this.#place(line)
  }

  async write(keyValue: KeyValue): Promise<Restored> {
    for (const line of mergedLines(this.#files)) {
      const { stream, voids } = this.#place(line)
      for (let left = voids; left > 0; left--) {
        this.#gather(stream, voidBefore(line.operation, left))
        if (this.#isMuch()) await commit(keyValue, this.#take())
      }
      this.#gather(stream, { ...line.operation, line: line.bytes })
      if (this.#isMuch()) await commit(keyValue, this.#take())
    }
    this.#gatherNames()
    await commit(keyValue, this.#take())
    // Last, so that a store which was not completed is not taken for one.
    const memory = { ...EMPTY_MEMORY, incarnation: this.#incarnation, intact: true }
    await commit(keyValue, changesOfKept({ memory, lastRecord: 0 }))
    return {
      operations: this.#operations,
      voids: this.#voids,
      users: this.#users.size,
      channels: this.#channels.size,
    }
  }

  /** Finds a line's stream, and how many fillers stand before it there. */
  #place({ file, number, operation }: RestoredLine): { stream: Stream; voids: number } {
    const { origin, incarnation, seq, clock, user, id, kind, target } = operation
    const stream = this.#stream(origin, incarnation)
    const voids = seq - stream.seq - 1
    if (voids < 0) throw notRestorable(file, number, `repeats seq ${seq} of ${origin}/${incarnation}`)
    if (voids > GAP_MAX || clock - stream.clock <= voids) {
      throw notRestorable(
        file,
        number,
        `has a seq that its clock and the line before it of ${origin} exclude`,
      )
    }
    if (this.#isDoubled(user, id)) {
      throw notRestorable(file, number, `has the id of one of the last operations of ${user}`)
    }
    Object.assign(stream, { seq, clock })
    this.#incarnation = Math.max(this.#incarnation, incarnation)
    this.#users.add(user)
    if (kind === 'publish') this.#said(user, target)
    else this.#users.add(target)
    this.#operations++
    this.#voids += voids
    return { stream, voids }
  }

  /** Where there are private channels, one that the registry lacks may be one of them: for those who speak there. */
  #said(user: string, channel: string): void {
    if (this.#channels.has(channel) && !this.#unlisted.has(channel)) return
    this.#channels.add(channel)
    if (this.#members.size === 0) return
    this.#unlisted.add(channel)
    this.#members.set(channel, (this.#members.get(channel) ?? new Set()).add(user))
  }

  #isDoubled(user: string, id: string): boolean {
    let window = this.#windows.get(user)
    if (window === undefined) {
      window = new IdWindow()
      this.#windows.set(user, window)
    }
    return window.push(id)
  }

  #stream(origin: string, incarnation: number): Stream {
    const key = streamKey(origin, incarnation)
    let stream = this.#streams.get(key)
    if (stream === undefined) {
      stream = { origin, incarnation, seq: 0, clock: 0, firstSeq: 1, gathered: [] }
      this.#streams.set(key, stream)
    }
    return stream
  }

  /** Their ids are none that a client can give: empty for a user, and of no user for a channel. */
  #gatherNames(): void {
    const stream = this.#stream(ORIGIN, INCARNATION)
    let clock = 0
    const base = (): Pick<Row, 'clock' | 'timestamp' | 'line'> => ({
      clock: ++clock,
      timestamp: 0,
      line: NO_LINE,
    })
    for (const user of [...this.#users].toSorted()) {
      this.#gather(stream, { ...base(), kind: 'login', id: '', user, target: '' })
    }
    for (const channel of [...this.#channels].toSorted()) {
      this.#gather(stream, { ...base(), ...this.#made(channel), id: channel, user: '', target: channel })
    }
  }

  #made(channel: string): Pick<Row, 'kind'> | Pick<Row, 'kind' | 'line'> {
    const members = this.#members.get(channel)
    if (members === undefined) return { kind: 'channel' }
    return { kind: 'private', line: Buffer.from(renderAboutLine([...members].toSorted().join(' '))) }
  }

  #gather(stream: Stream, row: Row): void {
    stream.gathered.push(row)
    this.#gathered++
    this.#gatheredBytes += row.line.byteLength
  }

  #isMuch(): boolean {
    return this.#gathered >= GATHERED_MAX || this.#gatheredBytes >= GATHERED_BYTES_MAX
  }

  #take(): KeyValueChange[] {
    const changes: KeyValueChange[] = []
    for (const stream of this.#streams.values()) {
      while (stream.gathered.length > 0) {
        const rows = stream.gathered.splice(0, batchLength(stream.gathered))
        changes.push(...changesOf(batchOf(stream, rows)))
        stream.firstSeq += rows.length
      }
    }
    this.#gathered = 0
    this.#gatheredBytes = 0
    return changes
  }
}

function batchLength(rows: readonly Row[]): number {
  let bytes = 0
  for (const [at, { line }] of rows.slice(0, BATCH_MAX).entries()) {
    bytes += line.byteLength
    if (bytes > BATCH_BYTES_MAX) return Math.max(at, 1)
  }
  return Math.min(rows.length, BATCH_MAX)
}

function batchOf({ origin, incarnation, firstSeq }: Stream, rows: readonly Row[]): Batch {
  const writer = new BatchWriter()
  for (const row of rows) writer.add({ ...row, kind: KINDS.indexOf(row.kind), line: textOf(row.line) })
  return writer.take({ origin, incarnation, firstSeq })
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString()
}

/** What stands `distance` places before an operation, and had no line. */
function voidBefore({ clock, timestamp }: Operation, distance: number): Row {
  return { clock: clock - distance, timestamp, kind: 'void', id: '', user: '', target: '', line: NO_LINE }
}

function isEmpty(keyValue: KeyValue): boolean {
  if (keyValue.get(MEMORY_KEY) !== undefined) return false
  for (const _ of keyValue.range({ ...allBatches(), limit: 1 })) return false
  return true
}

function commit(keyValue: KeyValue, changes: readonly KeyValueChange[]): Promise<void> {
  return new Promise((resolve, reject) => {
    keyValue.commit(changes, (cause) => {
      if (cause === undefined) return resolve()
      const message = `Cannot write the store (${cause.message}); look at the disk, then try again`
      reject(new RecadoError('disk_failed', message, { cause }))
    })
  })
}
