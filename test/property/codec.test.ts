import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLIENT_LIMITS,
  decode,
  decodeBatch,
  encode,
  errorReply,
  parseBackendHead,
  parsePeerMessage,
  parsePublications,
  parseReplies,
  parseRequests,
  RecadoError,
} from '../../src/wire/index.ts'
import { bodyOf, GOLDEN, goldenVectors } from '../golden/vectors.ts'

const scalars = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array(),
)
const keys = fc.string().filter((key) => key !== '__proto__')
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: CLIENT_LIMITS.depth - 1, depthSize: 'small' },
    scalars,
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 8, noNullPrototype: true }),
  ),
})).value

const bodies = fc.constantFrom(...GOLDEN.flatMap((name) => goldenVectors(name).map(bodyOf)))
const READERS = {
  decode: (body: Uint8Array) => decode(body, CLIENT_LIMITS),
  decodeBatch,
  parseBackendHead,
  parsePeerMessage,
  parsePublications,
  parseReplies,
}

describe('decode', () => {
  it('gives back any value that encode wrote', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value), CLIENT_LIMITS)).toEqual(value)
      }),
    )
  })

  it('refuses any value cut short, or with bytes behind it', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (value, share) => {
        const body = encode(value)
        const cut = body.subarray(0, Math.floor(share * (body.length - 1)))
        expect(() => decode(cut, CLIENT_LIMITS)).toThrow(RecadoError)
        expect(() => decode(Buffer.concat([body, Buffer.from([0])]), CLIENT_LIMITS)).toThrow(RecadoError)
      }),
    )
  })
})

describe.each(Object.entries(READERS))('%s', (_name, read) => {
  it('throws nothing but errors of the catalogue, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(errorOf(read, body)).toSatisfy(isOurs)
      }),
    )
  })

  it('throws nothing but errors of the catalogue at messages of which a few bytes are wrong', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(bodies, changes, (body, wrong) => {
        const spoilt = Uint8Array.from(body)
        for (const [at, byte] of wrong) spoilt[at % spoilt.length] = byte
        expect(errorOf(read, spoilt)).toSatisfy(isOurs)
      }),
    )
  })
})

describe('parseRequests', () => {
  it('finds something to answer in whatever comes, and the answer can be read', () => {
    const full = new RecadoError('overloaded', 'Send less')
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), values.map(encode)), (body) => {
        const { requests } = parseRequests(body)
        expect(parseReplies(errorReply(body, full, 1, 1))).toHaveLength(requests.length)
      }),
    )
  })
})

function errorOf(read: (body: Uint8Array) => unknown, body: Uint8Array): unknown {
  try {
    read(body)
    return undefined
  } catch (error) {
    return error
  }
}

function isOurs(error: unknown): boolean {
  return error === undefined || error instanceof RecadoError
}
