import { describe, expect, it } from 'vitest'
import { encode } from '../../src/wire/index.ts'
import { scan } from '../../src/wire/scan.ts'

const LIMITS = { frameBytes: 1000, depth: 3, elements: 10 }

function check(...bytes: number[]): void {
  scan(new Uint8Array(bytes), LIMITS)
}

describe('scan', () => {
  it.each([
    ['an array that says it has 2^32 - 1 elements', [0xdd, 0xff, 0xff, 0xff, 0xff], /more than 10 elements/],
    ['a map that says it has 2^32 - 1 keys', [0xdf, 0xff, 0xff, 0xff, 0xff], /more than 10 elements/],
    ['a map that says it has 65,535 keys', [0xde, 0xff, 0xff], /more than 10 elements/],
    ['a string longer than the frame', [0xdb, 0xff, 0xff, 0xff, 0xff], /cut short/],
    ['bytes longer than the frame', [0xc6, 0x7f, 0xff, 0xff, 0xff], /cut short/],
    ['a length that is itself cut short', [0xda, 0x01], /cut short/],
    ['an empty frame', [], /cut short/],
    ['a second value', [0xc0, 0xc0], /bytes follow/],
    ['a timestamp, an extension type', [0xd6, 0xff, 0, 0, 0, 0], /extension type/],
    ['an extension type of 2^32 - 1 bytes', [0xc9, 0xff, 0xff, 0xff, 0xff, 0x01], /extension type/],
    ['the byte that MessagePack never uses', [0xc1], /extension type/],
    ['2^53', [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0], /beyond 2\^53/],
    ['2^64 - 1', [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], /beyond 2\^53/],
    ['-2^53', [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0], /beyond 2\^53/],
    ['-2^63', [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], /beyond 2\^53/],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => check(...bytes)).toThrow(message)
  })

  it('takes 2^53 - 1 and its negative', () => {
    expect(() => check(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).not.toThrow()
    expect(() => check(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1)).not.toThrow()
  })

  it('takes what is as deep as is allowed, and nothing deeper', () => {
    check(0x91, 0x91, 0x91, 0xc0)
    expect(() => check(0x91, 0x91, 0x91, 0x91, 0xc0)).toThrow(/more than 3 levels/)
  })

  it('counts elements over the whole frame', () => {
    scan(encode([[1, 2, 3], [4, 5, 6], 7, 8]), LIMITS)
    expect(() => scan(encode([[1, 2, 3], [4, 5, 6], 7, 8, 9]), LIMITS)).toThrow(/more than 10 elements/)
  })

  it('refuses a frame that is too large before it looks inside', () => {
    expect(() => scan(new Uint8Array(1001), LIMITS)).toThrow(expect.objectContaining({ code: 'too_large' }))
  })

  it('reads a view into a larger buffer', () => {
    expect(() => scan(new Uint8Array([0xdd, 0xc0, 0xff]).subarray(1, 2), LIMITS)).not.toThrow()
  })
})
