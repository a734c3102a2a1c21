import type { Files } from '../ports/index.ts'
import {
  comparePositions,
  type Fields,
  ID_BYTES_MAX,
  isMap,
  isName,
  type Operation,
  PEER_LIMITS,
  parseLine,
  RecadoError,
  renderLine,
} from '../wire/index.ts'

const CHUNK = 1024 * 1024
/** No line is longer: it came here in a frame. */
const LINE_MAX = PEER_LIMITS.frameBytes
const NEWLINE = 10

/** A line of a file of messages, read and found to be what recado writes. */
export interface RestoredLine {
  readonly file: string
  /** Counted from 1. */
  readonly number: number
  readonly operation: Operation
  /** With its newline. */
  readonly bytes: Uint8Array
}

/** The lines of both files in the total order. @throws RecadoError `not_restorable` */
export function* mergedLines(files: Files): Iterable<RestoredLine> {
  const publications = checkedLines(files, 'publications.jsonl', 'publish')[Symbol.iterator]()
  const messages = checkedLines(files, 'messages.jsonl', 'message')[Symbol.iterator]()
  let [a, b] = [publications.next(), messages.next()]
  while (a.done !== true || b.done !== true) {
    const takeA =
      b.done === true || (a.done !== true && comparePositions(a.value.operation, b.value.operation) < 0)
    if (takeA) {
      yield a.value as RestoredLine
      a = publications.next()
    } else {
      yield b.value as RestoredLine
      b = messages.next()
    }
  }
}

export interface RestoredRegistry {
  readonly users: readonly string[]
  readonly channels: readonly string[]
  /** The private channels with their members. */
  readonly members: ReadonlyMap<string, readonly string[]>
}

/** What `registry.json` says. @throws RecadoError `not_restorable` */
export function readRegistry(files: Files): RestoredRegistry {
  const file = 'registry.json'
  const text = Buffer.from(files.read(file, 0, sizeOf(files, file))).toString()
  let parsed: Fields | null
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw notRestorable(file, 1, 'is not JSON', cause)
  }
  const { users, channels, private: ofMembers = [] } = parsed ?? {}
  if (areNames(users) && areNames(channels) && Array.isArray(ofMembers) && ofMembers.every(isPrivate)) {
    return { users, channels, members: new Map(ofMembers.map(({ channel, members }) => [channel, members])) }
  }
  throw notRestorable(file, 1, 'does not list users and channels by their names')
}

export function notRestorable(file: string, line: number, what: string, cause?: unknown): RecadoError {
  return new RecadoError(
    'not_restorable',
    `Line ${line} of ${file} ${what}; take the files of another server`,
    cause === undefined ? {} : { cause },
  )
}

function* checkedLines(files: Files, file: string, kind: Operation['kind']): Iterable<RestoredLine> {
  let number = 0
  let before: Operation | undefined
  for (const bytes of linesOf(files, file)) {
    number++
    const operation = operationOf(bytes, file, number)
    if (operation.kind !== kind) throw notRestorable(file, number, 'belongs into the other file')
    if (before !== undefined && comparePositions(before, operation) >= 0) {
      throw notRestorable(file, number, 'is not behind the line before it in the order')
    }
    before = operation
    yield { file, number, operation, bytes }
  }
}

/** What renders to the same bytes has every key, in its place, and no other. */
function operationOf(bytes: Uint8Array, file: string, number: number): Operation {
  let operation: Operation
  let rendered: string
  try {
    operation = parseLine(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
    rendered = renderLine(operation)
  } catch (cause) {
    throw notRestorable(file, number, 'is not an operation', cause)
  }
  if (!isSound(operation) || Buffer.compare(Buffer.from(rendered), bytes) !== 0) {
    throw notRestorable(file, number, 'is not as recado writes it')
  }
  return operation
}

function isSound(operation: Operation): boolean {
  const { clock, origin, incarnation, seq, timestamp, id, user, target, message } = operation
  return (
    [clock, incarnation, seq].every((count) => Number.isSafeInteger(count) && count >= 1) &&
    Number.isSafeInteger(timestamp) &&
    timestamp >= 0 &&
    [origin, user, target].every(isName) &&
    typeof id === 'string' &&
    id !== '' &&
    Buffer.byteLength(id) <= ID_BYTES_MAX &&
    (typeof message === 'string' || message instanceof Uint8Array)
  )
}

/** Each line with its newline. */
function* linesOf(files: Files, file: string): Iterable<Uint8Array> {
  const size = sizeOf(files, file)
  let rest: Uint8Array = new Uint8Array()
  let number = 1
  for (let at = 0; at < size; at += CHUNK) {
    const bytes = Buffer.concat([rest, files.read(file, at, Math.min(at + CHUNK, size))])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.subarray(start, end + 1)
      number++
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (rest.byteLength > LINE_MAX) throw notRestorable(file, number, 'is longer than any message')
  }
  if (rest.byteLength > 0) throw notRestorable(file, number, 'is cut short')
}

function sizeOf(files: Files, file: string): number {
  const size = files.size(file)
  if (size !== undefined) return size
  throw new RecadoError('not_restorable', `${file} is missing; give a folder that holds it beside the others`)
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isName)
}

function isPrivate(value: unknown): value is { channel: string; members: readonly string[] } {
  return isMap(value) && isName(value['channel']) && areNames(value['members'])
}
