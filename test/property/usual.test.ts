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
  encodePublications,
  encodeReplies,
  encodeRequests,
  type Head,
  PEER_LIMITS,
  parseBackendHead,
  parsePeerMessage,
  parsePublications,
  parseReplies,
  parseRequests,
  publicationOf,
  type Reply,
  type Request,
  type Said,
} from '../../src/wire/index.ts'
import { readBackendHead } from '../../src/wire/usual/backend.ts'
import { readBatches } from '../../src/wire/usual/batches.ts'
import { readHead } from '../../src/wire/usual/heads.ts'
import { readPublications } from '../../src/wire/usual/publications.ts'
import { readReplies } from '../../src/wire/usual/replies.ts'
import { readRequests } from '../../src/wire/usual/requests.ts'

const counts = fc.oneof(fc.maxSafeNat(), fc.nat(70_000), fc.constantFrom(127, 128, 255, 256, 65_535, 65_536))
const names = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)
const ids = fc.oneof(fc.uuid(), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }))
const messages = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.integer({ min: 0, max: 70_000 }).map((length) => 'x'.repeat(length)),
  fc.uint8Array({ maxLength: 300 }),
)
/** Few, so that many requests in a row have the same; of other forms, too. */
const tokens = fc.oneof(
  fc.constantFrom('ana:1795523071531:server-1/1/2:'.padEnd(90, 'x'), 'ben:1:a/1/2:'.padEnd(91, 'y'), 'short'),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
)
const operations = fc.record({ clock: counts, origin: names, incarnation: counts, seq: counts })

const publications: fc.Arbitrary<Said> = fc.record({
  operation: fc
    .record({
      name: operations,
      kind: fc.constantFrom('publish', 'message'),
      timestamp: counts,
      id: ids,
      user: names,
      target: names,
      message: messages,
    })
    .map(({ name, ...said }) => ({ ...name, ...said })),
  previous: counts,
})

const replies: fc.Arbitrary<Reply> = fc
  .record({ service: names, id: ids, clock: counts, timestamp: counts, operation: operations })
  .map(({ operation, ...first }) => ({ ...first, data: { status: 'ok', operation } }))

const requests: fc.Arbitrary<Request> = fc
  .record({
    form: fc.constantFrom(['publish', 'channel'] as const, ['message', 'to'] as const),
    id: ids,
    clock: counts,
    timestamp: counts,
    user: names,
    receiver: names,
    message: messages,
    acks: fc.option(fc.constantFrom('one', 'quorum', 'all'), { nil: undefined }),
    token: fc.option(tokens, { nil: undefined }),
  })
  .map(({ form: [service, key], id, clock, timestamp, user, receiver, message, acks, token }) => {
    const data = {
      user,
      [key]: receiver,
      message,
      ...(acks === undefined ? {} : { acks }),
      ...(token === undefined ? {} : { token }),
    }
    return { service, id, clock, timestamp, data }
  })

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

function some<Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> {
  return fc.array(of, { minLength: 1, maxLength: 20 })
}

const CHANGES = fc.array(fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(3), more: fc.nat(1) }), {
  maxLength: 2,
})

/** The same with bytes changed, and maybe cut off. */
function changedBy(
  body: Uint8Array,
  changes: readonly { at: number; to: number; cut: number; more: number }[],
): Buffer {
  let changed = Buffer.from(body)
  for (const { at, to, cut, more } of changes) {
    if (changed.length === 0) break
    changed[at % changed.length] = to
    if (cut === 0) changed = Buffer.concat([changed.subarray(0, at % changed.length), Buffer.alloc(more)])
  }
  return changed
}

/** Each usual reader with the one that leaves nothing out. */
const READERS: readonly (readonly [
  (body: Uint8Array) => readonly object[] | undefined,
  (body: Uint8Array) => readonly object[],
])[] = [
  [readPublications, parsePublications],
  [readReplies, parseReplies],
  [readRequestsOf, (body) => parseRequests(body).requests],
]

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

/** Kinds of heads beside those that servers say of themselves: how each is written and read. */
const HEADS = [
  {
    name: 'requests and replies',
    of: backendHeads,
    write: encodeBackendHead,
    read: readBackendHead,
    parse: parseBackendHead,
  },
  { name: 'batches', of: batches, write: encodeBatches, read: readBatches, parse: parsePeerMessage },
] as {
  name: string
  of: fc.Arbitrary<object>
  write: (head: object) => Uint8Array
  read: (frame: Uint8Array) => object | undefined
  parse: (frame: Uint8Array) => object
}[]

describe.each(HEADS)('the head of $name in its usual form', ({ of, write, read, parse }) => {
  it('has the bytes that the library writes, and is read as the library reads it', () => {
    fc.assert(
      fc.property(of, (head) => {
        expect(Buffer.compare(write(head), encode(head))).toBe(0)
        expect(parse(write(head))).toEqual(head)
      }),
      { numRuns: 300 },
    )
  })

  it('is read like any other where bytes of it were changed, cut off or added', () => {
    fc.assert(
      fc.property(of.map(write), CHANGES, (frame, changes) => {
        const changed = changedBy(frame, changes)
        const usual = changed.length === 0 ? undefined : read(changed)
        if (usual === undefined) return
        const turnedFrame = encode(turned(decode(changed, PEER_LIMITS) as object))
        expect(read(turnedFrame)).toBeUndefined()
        expect(parse(turnedFrame)).toEqual(usual)
      }),
      { numRuns: 2000 },
    )
  })

  it('is read by the usual reader', () => {
    const head = fc.sample(of, 200).filter((each) => 'lengths' in each && lengthOf(each.lengths) > 0)
    expect(head.map((each) => read(write(each)))).toEqual(
      head.map((each) => ('lengths' in each && lengthOf(each.lengths) > 1024 ? undefined : each)),
    )
  })
})

it('leaves requests whose columns differ in length to the general reader, which refuses them', () => {
  const head = { kind: 'requests', session: 1, tags: [1, 2], connections: [1], lengths: [1, 2] } as const
  expect(() => parseBackendHead(encodeBackendHead(head))).toThrow(/disagree/)
})

describe('a head in its usual form', () => {
  it('has the bytes that the library writes, and is read as the library reads it', () => {
    fc.assert(
      fc.property(heads, (head) => {
        const frame = encodeHead(head)
        expect(Buffer.compare(frame, encode(head))).toBe(0)
        expect(decode(frame, PEER_LIMITS)).toEqual(head)
        expect(parsePeerMessage(frame)).toEqual(head)
        expect(readHead(frame) ?? head).toEqual(head)
      }),
      { numRuns: 2000 },
    )
  })

  it('is read like any other where bytes of it were changed, cut off or added', () => {
    fc.assert(
      fc.property(heads.map(encodeHead), CHANGES, (frame, changes) => {
        const changed = changedBy(frame, changes)
        const usual = changed.length === 0 ? undefined : readHead(changed)
        if (usual === undefined) return
        const turnedFrame = encode(turned(decode(changed, PEER_LIMITS) as object))
        expect(readHead(turnedFrame)).toBeUndefined()
        expect(parsePeerMessage(turnedFrame)).toEqual(usual)
      }),
      { numRuns: 3000 },
    )
  })

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

/** What is written is read by both, whatever stands in it. */
describe('a body in its usual form', () => {
  it('has the bytes that the library writes, and is read as the library reads it', () => {
    fc.assert(
      fc.property(some(publications), some(replies), some(requests), (said, answers, asked) => {
        const published = said.map(publicationOf)
        expect(
          Buffer.compare(encodePublications(said), encode(said.length === 1 ? published[0] : published)),
        ).toBe(0)
        expect(Buffer.compare(encodeReplies(answers, true), encode(answers))).toBe(0)
        expect(Buffer.compare(encodeRequests(asked), encode(asked.length === 1 ? asked[0] : asked))).toBe(0)

        expect(parsePublications(encodePublications(said))).toEqual(published)
        expect(parseReplies(encodeReplies(answers, true))).toEqual(answers)
        expect(parseRequests(encodeRequests(asked))).toEqual({ requests: asked, batch: asked.length > 1 })
      }),
    )
  })

  it('is read like any other where bytes of it were changed, cut off or added', () => {
    const bodies = fc.oneof(
      some(publications).map(encodePublications),
      some(replies).map((each) => encodeReplies(each, true)),
      some(requests).map(encodeRequests),
    )
    fc.assert(
      fc.property(bodies, CHANGES, (body, changes) => {
        const changed = changedBy(body, changes)
        if (changed.length === 0) return
        for (const [readUsual, read] of READERS) {
          const usual = readUsual(changed)
          if (usual === undefined) continue
          const value = decode(changed, PEER_LIMITS)
          expect(usual).toEqual(Array.isArray(value) ? value : [value])
          expect(read(encode(usual.map(turned)))).toEqual(usual)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the usual readers', () => {
  const operation = { clock: 1, origin: 'server-1', incarnation: 1795502252113, seq: 3 }
  const said = {
    clock: 1,
    timestamp: 2,
    operation,
    previous: 0,
    id: 'a',
    user: 'alice',
    channel: 'news',
    message: 'é',
  }
  const data = { user: 'alice', channel: 'news', message: 'é' }
  const asked = { service: 'publish', id: 'a', clock: 1, timestamp: 1, data }
  const answer = { service: 'publish', id: 'a', clock: 1, timestamp: 1, data: { status: 'ok', operation } }

  it('take what the library writes in this order of keys, one and several', () => {
    expect(readPublications(encode(said))).toEqual([said])
    expect(readPublications(encode([said, said]))).toEqual([said, said])
    expect(readReplies(encode(answer))).toEqual([answer])
    expect(readRequests(encode([asked]))).toEqual({ requests: [asked], batch: true })
    expect(readRequests(encode(asked))).toEqual({ requests: [asked], batch: false })
  })

  it.each([
    ['another order of keys', turned(asked)],
    ['a key more', { ...asked, data: { ...data, more: 1 } }],
    ['an id of 65 bytes', { ...asked, id: 'x'.repeat(65) }],
    ['an empty id', { ...asked, id: '' }],
    ['a user that is no name', { ...asked, data: { ...data, user: 'a b' } }],
    ['a clock below 0', { ...asked, clock: -1 }],
    ['a clock beyond 2^53', { ...asked, clock: 2 ** 53 }],
    ['another service', { ...asked, service: 'publishing' }],
    ['a batch of none', []],
    ['a batch of 1,025', Array.from({ length: 1025 }, () => asked)],
  ])('leave %s to the general decoder', (_what, value) => {
    expect(readRequests(encode(value))).toBeUndefined()
  })

  it('leave text that is no UTF-8 to the general decoder', () => {
    const body = Buffer.from(encode(asked))
    body[body.length - 1] = 0x28

    expect(readRequests(body)).toBeUndefined()
  })
})

describe('the usual writers', () => {
  it('leave errors, and replies that hold more than an operation, to the general encoder', () => {
    const error = { status: 'error', code: 'overloaded', message: 'Full', retryable: true } as const
    const reply = { service: 'publish', id: 'a', clock: 1, timestamp: 1, data: error }
    const status = {
      ...reply,
      service: 'status',
      data: { status: 'ok', operation: { clock: 1 }, more: 1 } as const,
    }

    expect(parseReplies(encodeReplies([reply, status], true))).toEqual([reply, status])
  })

  it('leave text that is not well-formed to the general encoder, which says what it is', () => {
    const data = { user: 'alice', channel: 'news', message: '\ud800' }
    const request = { service: 'publish', id: 'a', clock: 1, timestamp: 1, data }

    expect(Buffer.compare(encodeRequests([request]), encode(request))).toBe(0)
  })

  it('keep what was written before when a body outgrows its memory', () => {
    const request = (id: string): Request => ({
      service: 'publish',
      id,
      clock: 1,
      timestamp: 1,
      data: { user: 'alice', channel: 'news', message: id.repeat(50_000) },
    })
    const bodies = ['a', 'b', 'c', 'd', 'e'].map((id) => encodeRequests([request(id), request(id)]))

    expect(bodies.map((body) => parseRequests(body).requests)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((id) => [request(id), request(id)]),
    )
  })
})

function readRequestsOf(body: Uint8Array): readonly Request[] | undefined {
  return readRequests(body)?.requests
}

/** The same in an order of keys that is not usual. */
function turned(value: object): object {
  return Object.fromEntries(Object.entries(value).toReversed())
}
