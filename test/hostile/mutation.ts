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
    if (way === 'frames') return this.#frames(parts)
    const target = this.of(parts.flatMap((part, index) => (isEmpty(part) ? [] : [index])))
    return parts.map((part, index) => (index === target ? this.#part(part, way) : written(part)))
  }

  #part(part: Part, way: Way): Uint8Array {
    switch (way) {
      case 'none':
      case 'frames':
        return written(part)
      case 'truncated':
      case 'appended':
      case 'flipped':
      case 'header':
      case 'random':
        return this.#garbled(Buffer.from(written(part)), way)
      default:
        return this.#rewritten(part, way)
    }
  }

  #garbled(bytes: Buffer, way: 'truncated' | 'appended' | 'flipped' | 'header' | 'random'): Uint8Array {
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

  /** Changes the value; bytes that hold none (topics) are left. */
  #rewritten(part: Part, way: Way): Uint8Array {
    const value = valueOf(part)
    if (value === undefined) return written(part)
    const paths = pathsOf(value)
    const path = this.of(paths)
    return safeEncode(replaced(value, path, (old) => this.#changed(old, way)))
  }

  #changed(old: unknown, way: Way): unknown {
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
