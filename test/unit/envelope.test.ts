import { describe, expect, it } from 'vitest'
import {
  checkClientClock,
  encode,
  errorReply,
  parsePublications,
  parseReplies,
  parseRequests,
  RecadoError,
} from '../../src/wire/index.ts'

const REQUEST = { service: 'users', id: '1', clock: 1, timestamp: 1, data: {} }
const FULL = new RecadoError('overloaded', 'The queue is full; send less and try again')

describe('errorReply', () => {
  it('answers each request of a batch, in order', () => {
    const body = errorReply(encode([REQUEST, { ...REQUEST, id: '2' }]), FULL, 5, 6)

    expect(parseReplies(body)).toMatchObject([
      { id: '1', clock: 5, timestamp: 6, data: { code: 'overloaded', retryable: true } },
      { id: '2', data: { code: 'overloaded' } },
    ])
  })

  it('answers what cannot be read with what is wrong with it', () => {
    const [reply] = parseReplies(errorReply(new Uint8Array([0xc1]), FULL, 5, 6))

    expect(reply).toMatchObject({ service: '', id: '', data: { code: 'bad_request' } })
  })
})

describe('parseReplies', () => {
  it('takes a code that only a newer server knows for a fault', () => {
    const data = { status: 'error', code: 'new_code', message: 'Something', retryable: true }

    expect(parseReplies(encode({ ...REQUEST, data }))).toMatchObject([
      { data: { code: 'internal', message: 'Something', retryable: true } },
    ])
  })
})

describe('parsePublications', () => {
  const operation = { clock: 1, origin: 'server-1', incarnation: 2, seq: 3 }
  const publication = { clock: 1, timestamp: 2, operation, previous: 0, id: 'a', user: 'alice', message: 'x' }

  it.each([
    ['neither a channel nor a receiver', {}],
    ['a message that is a number', { channel: 'news', message: 7 }],
    ['an operation without a seq', { channel: 'news', operation: { ...operation, seq: undefined } }],
  ])('refuses one with %s', (_what, change) => {
    expect(() => parsePublications(encode({ ...publication, ...change }))).toThrow(
      expect.objectContaining({ code: 'bad_request', retryable: false }),
    )
  })
})

describe('checkClientClock', () => {
  it.each([
    ['behind the server', 5, 10, 0],
    ['ahead of the server, within 1,000 a millisecond', 5_000, 10, 5],
    ['the next send of one who was answered by a server that was driven beyond', 9_002, 9_000, 5],
  ])('takes a clock that is %s', (_what, clock, own, now) => {
    expect(() => checkClientClock(clock, own, now)).not.toThrow()
  })

  it('has tried again what another server, whose time is up to a minute ahead, may have taken', () => {
    const later = expect.objectContaining({ code: 'bad_request', retryable: true })
    expect(() => checkClientClock(5_001, 10, 5)).toThrow(later)
    expect(() => checkClientClock(60_005_000, 10, 5)).toThrow(later)
  })

  it('refuses a clock that is absurdly far ahead', () => {
    expect(() => checkClientClock(60_005_001, 10, 5)).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    )
  })
})

describe('parseRequests', () => {
  const request = { service: 'users', id: 'a', clock: 1, timestamp: 1, data: {} }

  it.each([
    ['no request', encode([])],
    ['1,025 requests', encode(Array.from({ length: 1025 }, () => request))],
    ['more than it has bytes for, without a look at these', Buffer.from([0xdd, 0, 1, 0, 0, 0xc1])],
  ])('refuses a batch of %s', (_what, body) => {
    const { requests, batch } = parseRequests(body)
    expect(batch).toBe(false)
    expect(requests).toMatchObject([
      { error: { code: 'bad_request', message: 'A batch must hold 1 to 1024 requests' } },
    ])
  })

  it('takes a batch of 1,024 in the longest form of its head', () => {
    const body = encode(Array.from({ length: 1024 }, () => request))
    const long = Buffer.concat([Buffer.from([0xdd, 0, 0, 4, 0]), body.subarray(3)])
    for (const each of [body, long]) expect(parseRequests(each).requests).toHaveLength(1024)
  })
})
