import { crc32 } from 'node:zlib'
import { decode, encode } from './codec.ts'
import { RecadoError } from './errors.ts'
import { type Limits, PEER_LIMITS } from './limits.ts'
import { parseLine } from './line.ts'
import { KINDS, type Operation, type StreamKey, streamKey } from './operation.ts'

/**
 * Consecutive operations of one incarnation, as they are replicated, stored and passed on: a head in columns, and the
 * lines that the files will hold, rendered once by the server that accepted them.
 */
export interface Batch {
  readonly origin: string
  readonly incarnation: number
  readonly stream: StreamKey
  /** The `seq` of the first operation; the others follow without holes. */
  readonly firstSeq: number
  readonly count: number
  readonly clocks: readonly number[]
  readonly timestamps: readonly number[]
  /** Indexes into KINDS. */
  readonly kinds: readonly number[]
  readonly ids: readonly string[]
  readonly users: readonly string[]
  readonly targets: readonly string[]
  /** Bytes of each operation's line, 0 where it has none. */
  readonly lengths: readonly number[]
  readonly lines: Uint8Array
  /** CRC-32 of `lines`. */
  readonly crc: number
  /** The whole batch in MessagePack: what goes over the wire and into the store. */
  readonly bytes: Uint8Array
}

/** A batch without what can be told from the rest. */
export type BatchContent = Omit<Batch, 'stream' | 'count' | 'crc' | 'bytes'>

/** Makes a batch of consecutive operations and encodes it. */
export function makeBatch(content: BatchContent): Batch {
  const crc = crc32(content.lines)
  const [users, userIndexes] = dictionary(content.users)
  const [targets, targetIndexes] = dictionary(content.targets)
  const bytes = encode({
    origin: content.origin,
    incarnation: content.incarnation,
    first: content.firstSeq,
    clocks: content.clocks,
    timestamps: content.timestamps,
    kinds: content.kinds,
    ids: content.ids,
    users,
    user: userIndexes,
    targets,
    target: targetIndexes,
    lengths: content.lengths,
    crc,
    lines: content.lines,
  })
  return complete(content, crc, bytes)
}

/**
 * Reads a batch as it came over the wire or from the disk; `lines` is a view into `bytes`.
 * @throws RecadoError `bad_request` when it is malformed, its columns disagree or its lines fail their CRC
 */
export function decodeBatch(bytes: Uint8Array, limits: Limits = PEER_LIMITS): Batch {
  const head = decode(bytes, limits)
  if (!isHead(head))
    throw new RecadoError('bad_request', 'The batch lacks a key or has one of the wrong type')
  const count = head.clocks.length
  const lines = head.lines
  const content = {
    origin: head.origin,
    incarnation: head.incarnation,
    firstSeq: head.first,
    clocks: head.clocks,
    timestamps: head.timestamps,
    kinds: head.kinds,
    ids: head.ids,
    users: head.user.map((index) => lookup(head.users, index)),
    targets: head.target.map((index) => lookup(head.targets, index)),
    lengths: head.lengths,
    lines,
  }
  let length = 0
  for (const each of head.lengths) length += each
  const columns = [head.timestamps, head.kinds, head.ids, head.user, head.target, head.lengths]
  if (count === 0 || columns.some((column) => column.length !== count) || length !== lines.byteLength) {
    throw new RecadoError('bad_request', 'The columns of the batch disagree')
  }
  if (crc32(lines) !== head.crc)
    throw new RecadoError('bad_request', 'The lines of the batch fail their CRC-32')
  return complete(content, head.crc, bytes)
}

/** The operation at `index`, its message parsed from its line. */
export function operationAt(batch: Batch, index: number): Operation {
  const kind = KINDS[batch.kinds[index] as number] as Operation['kind']
  const base = {
    origin: batch.origin,
    incarnation: batch.incarnation,
    seq: batch.firstSeq + index,
    clock: batch.clocks[index] as number,
    timestamp: batch.timestamps[index] as number,
    kind,
    id: batch.ids[index] as string,
    user: batch.users[index] as string,
    target: batch.targets[index] as string,
  }
  const line = lineAt(batch, index)
  if (line.byteLength === 0) return base
  const { message } = parseLine(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString())
  return message === undefined ? base : { ...base, message }
}

/** The bytes of one operation's line: a view into the batch. */
export function lineAt(batch: Batch, index: number): Uint8Array {
  let start = 0
  for (let i = 0; i < index; i++) start += batch.lengths[i] as number
  return batch.lines.subarray(start, start + (batch.lengths[index] as number))
}

interface Head {
  origin: string
  incarnation: number
  first: number
  clocks: number[]
  timestamps: number[]
  kinds: number[]
  ids: string[]
  users: string[]
  user: number[]
  targets: string[]
  target: number[]
  lengths: number[]
  crc: number
  lines: Uint8Array
}

function complete(content: BatchContent, crc: number, bytes: Uint8Array): Batch {
  const stream = streamKey(content.origin, content.incarnation)
  return { ...content, stream, count: content.clocks.length, crc, bytes }
}

function dictionary(values: readonly string[]): [string[], number[]] {
  const known = new Map<string, number>()
  const indexes = values.map((value) => {
    const at = known.get(value) ?? known.size
    if (at === known.size) known.set(value, at)
    return at
  })
  return [[...known.keys()], indexes]
}

function lookup(values: readonly string[], index: number): string {
  const value = values[index]
  if (value === undefined) throw new RecadoError('bad_request', 'The columns of the batch disagree')
  return value
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false
  const head = value as Record<string, unknown>
  return (
    typeof head['origin'] === 'string' &&
    isCount(head['incarnation']) &&
    isCount(head['first']) &&
    isCount(head['crc']) &&
    head['lines'] instanceof Uint8Array &&
    ['clocks', 'timestamps', 'user', 'target', 'lengths'].every((key) => isColumn(head[key], isCount)) &&
    isColumn(head['kinds'], (kind) => isCount(kind) && kind < KINDS.length) &&
    ['ids', 'users', 'targets'].every((key) => isColumn(head[key], (text) => typeof text === 'string'))
  )
}

function isColumn(value: unknown, is: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
