import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BackendHead,
  type Batches,
  decode,
  encode,
  encodeBackendHead,
  encodeBatches,
  encodeHead,
  type Head,
  PEER_LIMITS,
  parseBackendHead,
  parsePeerMessage,
} from '../../src/wire/index.ts'
import { readBackendHead, writeBackendHead } from '../../src/wire/usual/backend.ts'
import { readBatches, writeBatches } from '../../src/wire/usual/batches.ts'
import { readHead, writeHead } from '../../src/wire/usual/heads.ts'
import { CHANGES, changedBy, counts, names, turned } from '../support/changed-frames.ts'

const streams = fc.oneof(
  fc.tuple(names, counts).map(([name, incarnation]) => `${name}/${incarnation}`),
  fc.constantFrom(
    '',
    '7',
    '__proto__',
    'x'.repeat(31),
    'x'.repeat(32),
    'x'.repeat(255),
    'x'.repeat(300),
    'é/1',
  ),
)
const many = fc.nat(3).chain((more) => fc.array(streams, { minLength: more * 8, maxLength: more * 10 }))
const vectors = many.chain((keys) =>
  fc.array(counts, { minLength: keys.length, maxLength: keys.length }).map((each): Record<string, number> => {
    return Object.fromEntries(keys.flatMap((key, at) => (key === '__proto__' ? [] : [[key, each[at] ?? 0]])))
  }),
)
const lists = fc.array(names, { maxLength: 5 })
const wholes = fc.record({
  address: fc.oneof(fc.constantFrom('tcp://127.0.0.1:5560', ''), streams),
  rank: counts,
  intact: fc.boolean(),
  coordinator: fc.oneof(names, fc.constant('')),
  voters: fc.oneof(
    fc.record({ epoch: counts, names: lists }),
    fc.record({ epoch: counts, names: lists, next: lists }),
  ),
  heard: vectors,
  counted: vectors,
  answers: counts,
  asks: counts,
  alone: fc.boolean(),
  owed: vectors,
})
const heads: fc.Arbitrary<Head> = fc
  .record({
    cluster: fc.oneof(fc.constant('recado'), fc.string({ unit: 'grapheme', maxLength: 40 })),
    from: names,
    incarnation: counts,
    clock: counts,
    timestamp: counts,
    number: counts,
    epoch: counts,
    state: fc.constantFrom('joining', 'up', 'leaving'),
    promise: counts,
    durable: vectors,
    whole: fc.option(wholes, { nil: undefined }),
  })
  .map(({ whole, ...head }) => ({
    kind: 'head',
    ...head,
    ...(whole === undefined ? {} : { whole }),
  }))

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}

const columns = fc
  .integer({ min: 0, max: 1100 })
  .chain((length) =>
    fc.tuple(...[0, 1, 2].map(() => fc.array(counts, { minLength: length, maxLength: length }))),
  )
const backendHeads: fc.Arbitrary<BackendHead> = fc
  .tuple(fc.boolean(), counts, columns)
  .map(([asks, session, [tags = [], connections = [], lengths = []]]) =>
    asks ? { kind: 'requests', session, tags, connections, lengths } : { kind: 'replies', tags, lengths },
  )
const batches: fc.Arbitrary<Batches> = fc
  .record({
    lengths: fc.array(counts, { maxLength: 1100 }),
    cluster: fc.oneof(fc.constant('recado'), fc.string({ unit: 'grapheme', maxLength: 40 })),
    from: names,
    incarnation: counts,
    clock: counts,
    timestamp: counts,
  })
  .map((head) => ({ kind: 'batches', ...head }))

interface Kind {
  readonly name: string
  readonly of: fc.Arbitrary<object>
  /** By whatever writer or reader it takes. */
  readonly write: (head: object) => Uint8Array
  readonly parse: (frame: Uint8Array) => object
  readonly writeUsual: (head: object) => Uint8Array | undefined
  readonly readUsual: (frame: Uint8Array) => object | undefined
  /** Of the tests below: as they are, and changed. */
  readonly runs: number
  readonly changedRuns: number
}

const SERVERS = {
  name: 'servers',
  of: heads,
  write: encodeHead,
  parse: parsePeerMessage,
  writeUsual: writeHead,
  readUsual: readHead,
  runs: 2000,
  changedRuns: 3000,
} as Kind
/** Of columns, which take longer. */
const COLUMNS = [
  {
    name: 'requests and replies',
    of: backendHeads,
    write: encodeBackendHead,
    parse: parseBackendHead,
    writeUsual: writeBackendHead,
    readUsual: readBackendHead,
    runs: 300,
    changedRuns: 2000,
  },
  {
    name: 'batches',
    of: batches,
    write: encodeBatches,
    parse: parsePeerMessage,
    writeUsual: writeBatches,
    readUsual: readBatches,
    runs: 300,
    changedRuns: 2000,
  },
] as Kind[]

describe.each([SERVERS, ...COLUMNS])('the head of $name in its usual form', (kind) => {
  const { of, write, parse, writeUsual, readUsual, runs, changedRuns } = kind

  it('has the bytes that the library writes, and is read as the library reads it', () => {
    fc.assert(
      fc.property(of, (head) => {
        const frame = write(head)
        expect(Buffer.compare(frame, encode(head))).toBe(0)
        expect(decode(frame, PEER_LIMITS)).toEqual(head)
        expect(parse(frame)).toEqual(head)
        expect(readUsual(frame) ?? head).toEqual(head)
      }),
      { numRuns: runs },
    )
  })

  it('is written by the usual writer', () => {
    expect(fc.sample(of, 200).filter((head) => writeUsual(head) === undefined)).toEqual([])
  })

  it('is read like any other where bytes of it were changed, cut off or added', () => {
    fc.assert(
      fc.property(of.map(write), CHANGES, (frame, changes) => {
        const changed = changedBy(frame, changes)
        const usual = changed.length === 0 ? undefined : readUsual(changed)
        if (usual === undefined) return
        const turnedFrame = encode(turned(decode(changed, PEER_LIMITS) as object))
        expect(readUsual(turnedFrame)).toBeUndefined()
        expect(parse(turnedFrame)).toEqual(usual)
      }),
      { numRuns: changedRuns },
    )
  })
})

describe.each(COLUMNS)('the head of $name in its usual form', ({ of, write, readUsual }) => {
  it('is read by the usual reader', () => {
    const head = fc.sample(of, 200).filter((each) => 'lengths' in each && lengthOf(each.lengths) > 0)
    expect(head.map((each) => readUsual(write(each)))).toEqual(
      head.map((each) => ('lengths' in each && lengthOf(each.lengths) > 1024 ? undefined : each)),
    )
  })
})

it('leaves requests whose columns differ in length to the general reader, which refuses them', () => {
  const head = { kind: 'requests', session: 1, tags: [1, 2], connections: [1], lengths: [1, 2] } as const
  expect(() => parseBackendHead(encodeBackendHead(head))).toThrow(/disagree/)
})

describe('the head of servers in its usual form', () => {
  it('is read by the usual reader, with and without all that whole heads say', () => {
    const durable = { 'server-1/1795502252113': 3_000_000, 'server-2/1795502252114': 7 }
    const head: Head = {
      kind: 'head',
      cluster: 'recado',
      from: 'server-1',
      incarnation: 1795502252113,
      clock: 1795502259999,
      timestamp: 1795502259998,
      number: 200,
      epoch: 3,
      state: 'up',
      promise: 1795502259990,
      durable,
    }
    const whole = {
      address: 'tcp://127.0.0.1:5560',
      rank: 1,
      intact: true,
      coordinator: 'server-2',
      voters: { epoch: 3, names: ['server-1', 'server-2'], next: ['server-1'] },
      heard: { 'server-2': 1 },
      counted: {},
      answers: 1,
      asks: 2,
      alone: false,
      owed: durable,
    }

    expect(readHead(encode(head))).toEqual(head)
    expect(readHead(encode({ ...head, whole }))).toEqual({ ...head, whole })
    expect(readHead(encode({ ...head, state: 'gone' }))).toBeUndefined()
    expect(readHead(encode({ ...head, from: 'a b' }))).toBeUndefined()
    expect(readHead(encode({ ...head, more: 1 }))).toBeUndefined()
    expect(readHead(Buffer.concat([encode(head), Buffer.of(0)]))).toBeUndefined()
  })
})
