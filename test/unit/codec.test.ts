import { describe, expect, it } from 'vitest'
import { CLIENT_LIMITS, decode, encode, parseRequests } from '../../src/wire/index.ts'

describe('decode', () => {
  it('gives bytes as views into the frame', () => {
    const frame = encode({ message: new Uint8Array([1, 2, 3]) })
    const { message } = decode(frame, CLIENT_LIMITS) as { message: Uint8Array }

    expect(message.buffer).toBe(frame.buffer)
  })

  it('refuses keys that are no strings', () => {
    expect(() => decode(new Uint8Array([0x81, 0xc0, 0x01]), CLIENT_LIMITS)).toThrow(/Cannot decode the frame/)
  })

  it('refuses a key that would change every map', () => {
    const frame = Buffer.concat([Buffer.from([0x81, 0xa9]), Buffer.from('__proto__'), Buffer.from([0x01])])

    expect(() => decode(frame, CLIENT_LIMITS)).toThrow(/Cannot decode the frame/)
  })
})

describe('encode', () => {
  it('leaves out what is undefined', () => {
    expect(decode(encode({ a: 1, b: undefined }), CLIENT_LIMITS)).toEqual({ a: 1 })
  })
})

describe('parseRequests', () => {
  it('says of a malformed request in a batch which one it was', () => {
    const good = { service: 'users', id: '1', clock: 1, timestamp: 1, data: {} }
    const { requests, batch } = parseRequests(encode([good, { ...good, id: '2', clock: -1 }]))

    expect(batch).toBe(true)
    expect(requests).toMatchObject([good, { service: 'users', id: '2', error: { code: 'bad_request' } }])
  })

  it.each([
    ['a clock beyond 2^53', { clock: 2 ** 60 }],
    ['an id of 65 bytes', { id: 'x'.repeat(65) }],
    ['an empty id', { id: '' }],
    ['a service that is a number', { service: 7 }],
    ['data that is an array', { data: [] }],
  ])('answers %s with an error', (_what, change) => {
    const request = { service: 'users', id: '1', clock: 1, timestamp: 1, data: {}, ...change }
    const { requests } = parseRequests(encode(request))

    expect(requests).toMatchObject([{ error: { code: 'bad_request' } }])
  })

  it('answers an empty batch, and one of 1,025, with one error', () => {
    const many = Array.from({ length: 1025 }, () => 0)

    expect(parseRequests(encode([]))).toMatchObject({ requests: [{ error: { code: 'bad_request' } }] })
    expect(parseRequests(encode(many)).requests).toMatchObject([{ error: { code: 'bad_request' } }])
  })

  it('answers a frame that is too large as such', () => {
    const body = new Uint8Array(CLIENT_LIMITS.frameBytes + 1)

    expect(parseRequests(body).requests).toMatchObject([{ error: { code: 'too_large' } }])
  })
})
