import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decode,
  encode,
  encodePublications,
  encodeReplies,
  encodeRequests,
  joinReplies,
  PEER_LIMITS,
  parsePublications,
  parseReplies,
  parseRequests,
  publicationOf,
  type Reply,
  type Request,
  type Said,
} from '../../src/wire/index.ts'
import { readPublications } from '../../src/wire/usual/publications.ts'
import { readReplies } from '../../src/wire/usual/replies.ts'
import { readRequests } from '../../src/wire/usual/requests.ts'
import { CHANGES, changedBy, counts, names, turned } from '../support/changed-frames.ts'

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

function some<Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> {
  return fc.array(of, { minLength: 1, maxLength: 20 })
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
        const mixed = answers.map((each, index) => (index % 2 === 0 ? encode(each) : each))
        expect(Buffer.compare(joinReplies(mixed, true), encode(answers))).toBe(0)
        expect(Buffer.compare(joinReplies(mixed, false), encode(answers[0]))).toBe(0)
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
