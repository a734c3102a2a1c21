import { describe, expect, it } from 'vitest'
import { type Operation, parseLine, renderLine } from '../../src/wire/index.ts'

const SAID: Operation = {
  origin: 'server-1',
  incarnation: 1795490000000,
  seq: 7,
  clock: 42,
  timestamp: 1795500000000,
  kind: 'publish',
  id: 'a "quoted"\nid',
  user: 'alice',
  target: 'news',
  message: 'olá\u2028"\\',
}

describe('renderLine', () => {
  it('has one key order and one line', () => {
    expect(renderLine({ ...SAID, id: 'a', message: 'hello' })).toBe(
      '{"clock":42,"origin":"server-1","incarnation":1795490000000,"seq":7,"timestamp":1795500000000,' +
        '"id":"a","user":"alice","channel":"news","message":"hello"}\n',
    )
    expect(renderLine(SAID).indexOf('\n')).toBe(renderLine(SAID).length - 1)
  })

  it('is empty for users and channels', () => {
    const { message: _message, ...login } = SAID

    expect(renderLine({ ...login, kind: 'login', target: '' })).toBe('')
  })
})

describe('parseLine', () => {
  it.each([
    ['text', SAID],
    ['a direct message', { ...SAID, kind: 'message' as const, target: 'bob' }],
    ['bytes', { ...SAID, message: new Uint8Array([0, 255, 128]) }],
    ['the empty text', { ...SAID, message: '' }],
  ])('gives back %s', (_what, operation) => {
    expect(parseLine(renderLine(operation))).toEqual(operation)
  })

  it.each(['', '{}', '{"clock":1}', '{"channel":"news","seq":1}', renderLine(SAID).slice(0, 40)])(
    'throws at what is no operation: %s',
    (line) => {
      expect(() => parseLine(line)).toThrow(SyntaxError)
    },
  )
})
