import { crc32 } from 'node:zlib'
import { decode, encode } from './codec.ts'
import { Columns, columnBytes } from './columns.ts'
import { RecadoError } from './errors.ts'
import { type Limits, PEER_LIMITS } from './limits.ts'
import { parseAboutLine, parseLine } from './line.ts'
import { isSaid, KINDS, type Operation, type StreamKey, streamKey } from './operation.ts'

/** Operations in one batch: their names are numbered in two bytes, and nothing should wait long for the rest of a batch. */
export const BATCH_OPERATIONS_MAX = 4096
const CRC_BYTES = 4
/** Before them: the key `crc`, and that so many bytes follow. */
const CRC_HEAD_BYTES = 6

/** A batch as it stands in its map; `columns` as columns.ts says. */
export interface BatchParts {
  readonly origin: string
  readonly incarnation: number
  readonly firstSeq: number
  /** The names that the columns number. */
  readonly users: readonly string[]
  readonly targets: readonly string[]
  readonly columns: Uint8Array
  /** The ids in UTF-8, one behind the other. */
  readonly ids: Uint8Array
  /** The lines that the files will hold, one behind the other. */
  readonly lines: Uint8Array
}

/**
 * Consecutive operations of one incarnation, as they are replicated, stored and passed on: columns that order and index
 * them, and the lines that the files will hold, rendered once by the server that accepted them. Nothing of it is taken
 * apart before it is asked for, for most of it only passes through.
 */
export class Batch {
  readonly origin: string
  readonly incarnation: number
  readonly stream: StreamKey
  /** The `seq` of the first operation; the others follow without holes. */
  readonly firstSeq: number
  readonly count: number
  readonly users: readonly string[]
  readonly targets: readonly string[]
  readonly lines: Uint8Array
  /** The whole batch in MessagePack: what goes over the wire and into the store. */
  readonly bytes: Uint8Array
  /** The ids in UTF-8, one behind the other. */
  readonly ids: Uint8Array
  /**
   * For the store, which finds here again what it knows of the batch's ids. A WeakMap from batches to that would keep all of both
   * that pass through it, once it is old, until V8 collects the whole heap.
   */
  note: unknown
  readonly #columns: Columns
  /** Where each line and each id begins; made when first asked for. */
  #lineStarts: Uint32Array | undefined
  #idStarts: Uint32Array | undefined

  constructor(parts: BatchParts, bytes: Uint8Array) {
    this.origin = parts.origin
    this.incarnation = parts.incarnation
    this.stream = streamKey(parts.origin, parts.incarnation)
    this.firstSeq = parts.firstSeq
    this.users = parts.users
    this.targets = parts.targets
    this.lines = parts.lines
    this.bytes = bytes
    this.#columns = new Columns(parts.columns)
    this.count = this.#columns.count
    this.ids = parts.ids
  }

  get lastSeq(): number {
    return this.firstSeq + this.count - 1
  }

  get lastClock(): number {
    return this.clockAt(this.count - 1)
  }

  clockAt(index: number): number {
    return this.#columns.clock(index)
  }

  timestampAt(index: number): number {
    return this.#columns.timestamp(index)
  }

  /** An index into KINDS. */
  kindAt(index: number): number {
    return this.#columns.kind(index)
  }

  /** Bytes of the operation's line, 0 where it has none. */
  lengthAt(index: number): number {
    return this.#columns.lineLength(index)
  }

  /** An index into `users`. */
  userIndexAt(index: number): number {
    return this.#columns.user(index)
  }

  userAt(index: number): string {
    return this.users[this.#columns.user(index)] as string
  }

  /** An index into `targets`. */
  targetIndexAt(index: number): number {
    return this.#columns.target(index)
  }

  targetAt(index: number): string {
    return this.targets[this.#columns.target(index)] as string
  }

  idAt(index: number): string {
    const id = this.idBytesAt(index)
    return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString()
  }

  /** The id in UTF-8: a view into the batch. */
  idBytesAt(index: number): Uint8Array {
    return this.ids.subarray(this.idStart(index), this.idStart(index + 1))
  }

  /** Where the operation's id begins in `ids`; for `count` the end of them. */
  idStart(index: number): number {
    this.#idStarts ??= startsOf(this.count, (at) => this.#columns.idLength(at))
    return this.#idStarts[index] as number
  }

  /** Where the operation's line begins in `lines`; for `count` the end of them. */
  lineStart(index: number): number {
    this.#lineStarts ??= startsOf(this.count, (at) => this.#columns.lineLength(at))
    return this.#lineStarts[index] as number
  }

  /** The bytes of one operation's line: a view into the batch. */
  lineAt(index: number): Uint8Array {
    return this.lines.subarray(this.lineStart(index), this.lineStart(index + 1))
  }

  /** The operation at `index`, its message parsed from its line. */
  operationAt(index: number): Operation {
    const base = {
      origin: this.origin,
      incarnation: this.incarnation,
      seq: this.firstSeq + index,
      clock: this.clockAt(index),
      timestamp: this.timestampAt(index),
      kind: KINDS[this.kindAt(index)] as Operation['kind'],
      id: this.idAt(index),
      user: this.userAt(index),
      target: this.targetAt(index),
    }
    const line = this.lineAt(index)
    if (line.byteLength === 0) return base
    const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString()
    const message = isSaid(base.kind) ? parseLine(text).message : parseAboutLine(text)
    return message === undefined ? base : { ...base, message }
  }
}

/** Encodes a batch, which keeps nothing of what it is given. Its last four bytes are the CRC-32 of all before them. */
export function encodeBatch(parts: BatchParts): Batch {
  const bytes = encode({
    origin: parts.origin,
    incarnation: parts.incarnation,
    first: parts.firstSeq,
    users: parts.users,
    targets: parts.targets,
    columns: parts.columns,
    ids: parts.ids,
    lines: parts.lines,
    crc: new Uint8Array(CRC_BYTES),
  })
  const end = bytes.byteLength - CRC_BYTES
  viewOf(bytes).setUint32(end, crc32(bytes.subarray(0, end)))
  const linesEnd = end - CRC_HEAD_BYTES
  const lines = bytes.subarray(linesEnd - parts.lines.byteLength, linesEnd)
  return new Batch({ ...parts, ids: Uint8Array.from(parts.ids), lines }, bytes)
}

/**
 * Reads a batch as it came over the wire or from the disk; its parts are views into `bytes`.
 * @throws RecadoError `bad_request` when it is malformed, its columns disagree or it fails its CRC
 */
export function decodeBatch(bytes: Uint8Array, limits: Limits = PEER_LIMITS): Batch {
  const end = bytes.byteLength - CRC_BYTES
  if (end < 0 || crc32(bytes.subarray(0, end)) !== viewOf(bytes).getUint32(end)) {
    throw new RecadoError('bad_request', 'The batch fails its CRC-32')
  }
  const head = decode(bytes, limits)
  if (!isHead(head))
    throw new RecadoError('bad_request', 'The batch lacks a key or has one of the wrong type')
  const { origin, incarnation, first: firstSeq, users, targets, columns, ids, lines } = head
  check(head)
  return new Batch({ origin, incarnation, firstSeq, users, targets, columns, ids, lines }, bytes)
}

interface Head {
  origin: string
  incarnation: number
  first: number
  users: string[]
  targets: string[]
  columns: Uint8Array
  ids: Uint8Array
  lines: Uint8Array
}

/** Numbers that the columns hold must lie within what they number, and lengths add up. */
function check({ columns, users, targets, ids, lines }: Head): void {
  const read = new Columns(columns)
  const { count } = read
  let [lineBytes, idBytes, before] = [0, 0, 0]
  let fits = count > 0 && count <= BATCH_OPERATIONS_MAX && columns.byteLength === columnBytes(count)
  for (let at = 0; fits && at < count; at++) {
    const clock = read.clock(at)
    fits =
      Number.isSafeInteger(clock) &&
      clock > before &&
      Number.isSafeInteger(read.timestamp(at)) &&
      read.timestamp(at) >= 0 &&
      read.kind(at) < KINDS.length &&
      read.user(at) < users.length &&
      read.target(at) < targets.length
    before = clock
    lineBytes += read.lineLength(at)
    idBytes += read.idLength(at)
  }
  if (fits && lineBytes === lines.byteLength && idBytes === ids.byteLength) return
  throw new RecadoError('bad_request', 'The columns of the batch disagree')
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false
  const head = value as Record<string, unknown>
  return (
    typeof head['origin'] === 'string' &&
    isCount(head['incarnation']) &&
    isCount(head['first']) &&
    areTexts(head['users']) &&
    areTexts(head['targets']) &&
    head['columns'] instanceof Uint8Array &&
    head['ids'] instanceof Uint8Array &&
    head['lines'] instanceof Uint8Array
  )
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function startsOf(count: number, lengthAt: (index: number) => number): Uint32Array {
  const starts = new Uint32Array(count + 1)
  for (let at = 0; at < count; at++) starts[at + 1] = (starts[at] as number) + lengthAt(at)
  return starts
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
