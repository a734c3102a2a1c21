import { crc32 } from 'node:zlib'
import type { Chance } from '../../src/ports/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import type { Part } from './samples.ts'

/** How a message was changed: each way is used at each port. */
export const WAYS = [
  'none',
  'type',
  'range',
  'length',
  'missing',
  'extra',
  'nesting',
  'kind',
  'truncated',
  'appended',
  'flipped',
  'header',
  'random',
  'frames',
] as const
export type Way = (typeof WAYS)[number]

/** Ways that change a value rather than its bytes. */
const VALUE_WAYS: ReadonlySet<Way> = new Set(WAYS.slice(WAYS.indexOf('type'), WAYS.indexOf('truncated')))
/** What is no value (a topic) is changed in one of these instead. */
const BYTE_WAYS = ['truncated', 'appended', 'flipped', 'header'] as const
type ByteWay = (typeof BYTE_WAYS)[number] | 'random'
const CRC_BYTES = 4

type Path = readonly (string | number)[]

/** Changes valid messages so that they are wrong in one place, or in several. The same chance gives the same bytes. */
export class Mutator {
  readonly #chance: Chance

  constructor(chance: Chance) {
    this.#chance = chance
  }

  below(end: number): number {
    return Math.floor(this.#chance.next() * end)
  }

  of<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** The message's frames, changed in this way. */
  message(parts: readonly Part[], way: Way): Uint8Array[] {
    if (way === 'none') return parts.map(written)
    if (way === 'frames') return this.#frames(parts)
    const full = parts.flatMap((part, index) => (isEmpty(part) ? [] : [index]))
    const values = full.filter((index) => valueOf(parts[index] as Part) !== undefined)
    const target = this.of(VALUE_WAYS.has(way) && values.length > 0 ? values : full)
    const frames = parts.map((part, index) => (index === target ? this.#part(part, way) : written(part)))
    return VALUE_WAYS.has(way) && target > 0 ? withLength(parts, frames, target) : frames
  }

  #part(part: Part, way: Exclude<Way, 'none' | 'frames'>): Uint8Array {
    switch (way) {
      case 'truncated':
      case 'appended':
      case 'flipped':
      case 'header':
      case 'random':
        return this.#garbled(part, way)
      default:
        return this.#rewritten(part, way)
    }
  }

  #garbled(part: Part, way: ByteWay): Uint8Array {
    // A copy: the part is used again.
    const bytes = Buffer.from(written(part))
    const at = this.below(bytes.byteLength)
    switch (way) {
      case 'truncated':
        return bytes.subarray(0, at)
      case 'appended':
        return Buffer.concat([bytes, this.bytes(1 + this.below(40))])
      case 'flipped':
        for (let flips = 1 + this.below(3); flips > 0; flips--) {
          const byte = this.below(bytes.byteLength)
          bytes[byte] = (bytes[byte] as number) ^ (1 << this.below(8))
        }
        return bytes
      case 'header':
        return Buffer.concat([bytes.subarray(0, at), Buffer.from(this.of(HEADERS)), bytes.subarray(at)])
      case 'random':
        return this.below(2) === 0
          ? this.bytes(this.below(600))
          : Buffer.alloc(1 + this.below(60_000), this.of(REPEATED))
    }
  }

  /** Changes the value; of bytes that hold none, the bytes. */
  #rewritten(part: Part, way: Way): Uint8Array {
    const value = valueOf(part)
    if (value === undefined) return this.#garbled(part, this.of(BYTE_WAYS))
    if (part instanceof Uint8Array) return this.#batch(value, way)
    return safeEncode(this.#replaced(value, way))
  }

  #replaced(value: unknown, way: Way): unknown {
    return replaced(value, this.of(pathsOf(value)), (old) => this.#changed(old, way))
  }

  /** A changed batch. Of most the CRC is right again, so that what is behind its check is reached. */
  #batch(value: unknown, way: Way): Uint8Array {
    const bytes = Buffer.from(safeEncode(this.#replaced(value, way)))
    const end = bytes.byteLength - CRC_BYTES
    if (end >= 0 && this.below(4) > 0) bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end)
    return bytes
  }

  #changed(old: unknown, way: Way): unknown {
    // A batch within a message is mostly changed within.
    if (isBatch(old) && this.below(4) > 0) return this.#batch(decode(old, PEER_LIMITS), way)
    switch (way) {
      case 'range':
        return this.#outOfRange(old)
      case 'length':
        return this.#otherLength(old)
      case 'missing':
        return this.#without(old)
      case 'extra':
        return this.#with(old)
      case 'nesting':
        return this.#nested(old)
      case 'kind':
        return this.#otherKind(old)
      default:
        return this.of(VALUES)
    }
  }

  #outOfRange(old: unknown): unknown {
    if (typeof old === 'number') return this.of(NUMBERS)
    if (typeof old === 'string') return this.of(TEXTS)
    if (typeof old === 'boolean') return !old
    return this.of(VALUES)
  }

  #otherLength(old: unknown): unknown {
    if (typeof old === 'string') return old.repeat(1 + this.below(3000 / (old.length + 1)))
    if (old instanceof Uint8Array) return this.bytes(this.below(old.byteLength * 2 + 2))
    if (!Array.isArray(old)) return this.#with(old)
    if (this.below(3) === 0) return Array.from({ length: this.below(2000) }, () => old[0] as unknown)
    return this.below(2) === 0 ? old.slice(0, -1) : [...(old as unknown[]), ...(old as unknown[]).slice(0, 1)]
  }

  #without(old: unknown): unknown {
    if (Array.isArray(old)) return []
    if (!isMap(old)) return null
    const gone = this.of(Object.keys(old))
    return Object.fromEntries(Object.entries(old).filter(([key]) => key !== gone))
  }

  #with(old: unknown): unknown {
    if (!isMap(old)) return [old, this.of(VALUES)]
    if (this.below(20) === 0) {
      return { ...old, ...Object.fromEntries(Array.from({ length: 3000 }, (_, key) => [`key${key}`, key])) }
    }
    return { ...old, [this.of(KEYS)]: this.of(VALUES) }
  }

  #nested(old: unknown): unknown {
    let nested = old
    for (let depth = 1 + this.below(40); depth > 0; depth--)
      nested = this.below(2) === 0 ? [nested] : { data: nested }
    return nested
  }

  #otherKind(old: unknown): unknown {
    if (!isMap(old)) return this.of(KINDS)
    return { ...old, [this.of(['kind', 'service', 'state', 'role', 'acks', 'status'])]: this.of(KINDS) }
  }

  #frames(parts: readonly Part[]): Uint8Array[] {
    const frames = parts.map(written)
    switch (this.below(6)) {
      case 0:
        return frames.slice(0, -1).length === 0 ? [new Uint8Array()] : frames.slice(0, -1)
      case 1:
        return frames.slice(1).length === 0 ? [new Uint8Array()] : frames.slice(1)
      case 2:
        return [...frames, ...frames]
      case 3:
        return frames.toReversed()
      case 4:
        return [...frames, new Uint8Array()]
      default:
        return Array.from({ length: 1 + this.below(40) }, () => this.of(frames))
    }
  }
}

function written(part: Part): Uint8Array {
  return part instanceof Uint8Array ? part : safeEncode(part.value)
}

/** The encoder refuses what is nested too deep for itself; the header alone says as much. */
function safeEncode(value: unknown): Uint8Array {
  try {
    return encode(value)
  } catch {
    return Buffer.alloc(200, 0x91)
  }
}

/** What the part holds: a batch is given as bytes, and is a value too. */
function valueOf(part: Part): unknown {
  if (!(part instanceof Uint8Array)) return part.value
  try {
    return decode(part, PEER_LIMITS)
  } catch {
    return undefined
  }
}

/** A head that tells the length of this one frame tells its new one: the frame itself shall be read. */
function withLength(parts: readonly Part[], frames: readonly Uint8Array[], target: number): Uint8Array[] {
  return frames.map((frame, index) => {
    const part = parts[index] as Part
    if (part instanceof Uint8Array || !isMap(part.value) || !Array.isArray(part.value['lengths']))
      return frame
    return encode({ ...part.value, lengths: [frames[target]?.byteLength] })
  })
}

function isBatch(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array)) return false
  const held = valueOf(value)
  return isMap(held) && 'columns' in held
}

function isEmpty(part: Part): boolean {
  return part instanceof Uint8Array && part.byteLength === 0
}

function isMap(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  )
}

/** The ways to the value itself and to everything in it. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((each, index) => pathsOf(each, [...path, index]))]
  if (!isMap(value)) return [path]
  return [path, ...Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))]
}

function replaced(value: unknown, path: Path, change: (old: unknown) => unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return change(value)
  if (Array.isArray(value)) {
    return value.map((each: unknown, index) => (index === first ? replaced(each, rest, change) : each))
  }
  const map = value as Record<string, unknown>
  return { ...map, [first]: replaced(map[first], rest, change) }
}

const KEYS = [
  'service',
  'data',
  'kind',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
]
const NUMBERS = [
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 52,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  -(2 ** 53),
  2 ** 64,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -0,
]
const TEXTS = [
  '',
  'a'.repeat(65),
  'a'.repeat(70_000),
  '../../etc/passwd',
  '/',
  '\u0000',
  '\ud800',
  'ü€😀',
  '__proto__',
  'server-1',
  'tcp://',
  'tcp://*:*',
  'inproc://x',
  'server-1/1',
  'default/recado/x',
]
const VALUES = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  '',
  'text',
  new Uint8Array(3),
  [],
  [[]],
  {},
  { '': {} },
]
const KINDS = [
  'ready',
  'bye',
  'replies',
  'requests',
  'head',
  'batches',
  'fetch',
  'echo',
  'time-answer',
  'status',
  'members',
  'constructor',
  '__proto__',
  'removed',
  '',
]

/** Heads of arrays, maps, texts and bytes with four billion elements, of extensions, of a timestamp, the reserved byte. */
const HEADERS = [
  ...[0xdd, 0xdf, 0xdb, 0xc6, 0xc9].map((head) => [head, 0xff, 0xff, 0xff, 0xff]),
  [0xdc, 0xff, 0xff],
  [0xd4, 1, 1],
  [0xd6, 0xff, 1, 2, 3, 4],
  [0xc7, 12, 0xff, ...Array<number>(12).fill(0xff)],
  [0xcf, ...Array<number>(8).fill(0xff)],
  [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xa3, 0xff, 0xfe, 0x80],
  [0xc1],
]
const REPEATED = [0x91, 0x81, 0xdc, 0xdf, 0x00, 0xff]
