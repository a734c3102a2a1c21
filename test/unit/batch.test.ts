import { describe, expect, it } from 'vitest'
import {
  type BatchContent,
  decode,
  decodeBatch,
  encode,
  lineAt,
  makeBatch,
  operationAt,
  PEER_LIMITS,
  renderLine,
} from '../../src/wire/index.ts'

const LINES = ['one', 'two'].map((message, index) =>
  renderLine({
    origin: 'server-1',
    incarnation: 5,
    seq: 3 + index,
    clock: 10 + index,
    timestamp: 100,
    kind: 'publish',
    id: `id-${index}`,
    user: 'alice',
    target: 'news',
    message,
  }),
)
const CONTENT: BatchContent = {
  origin: 'server-1',
  incarnation: 5,
  firstSeq: 3,
  clocks: [10, 11, 12],
  timestamps: [100, 100, 100],
  kinds: [2, 2, 0],
  ids: ['id-0', 'id-1', 'id-2'],
  users: ['alice', 'alice', 'bob'],
  targets: ['news', 'news', ''],
  lengths: [...LINES.map((line) => line.length), 0],
  lines: new Uint8Array(Buffer.from(LINES.join(''))),
}

/** The encoded batch with some of its keys changed. */
function changed(change: Record<string, unknown>): Uint8Array {
  return encode({ ...(decode(makeBatch(CONTENT).bytes, PEER_LIMITS) as object), ...change })
}

describe('decodeBatch', () => {
  it('gives back what was made', () => {
    const made = makeBatch(CONTENT)

    expect(decodeBatch(made.bytes)).toEqual(made)
    expect(made).toMatchObject({ count: 3, stream: 'server-1/5' })
  })

  it('refuses a batch of which any one bit of the lines has changed', () => {
    const { bytes, lines } = makeBatch(CONTENT)
    const start = Buffer.from(bytes).indexOf(Buffer.from(lines))
    for (let bit = 0; bit < lines.length * 8; bit += 7) {
      const wrong = Uint8Array.from(bytes)
      const at = start + (bit >> 3)
      wrong[at] = (wrong[at] as number) ^ (1 << (bit & 7))
      expect(() => decodeBatch(wrong)).toThrow('fail their CRC-32')
    }
  })

  it.each([
    ['a column that is too short', { ids: ['id-0'] }],
    ['lengths that do not add up', { lengths: [1, 2, 3] }],
    ['a kind that there is not', { kinds: [2, 2, 9] }],
    ['a user that is not in the dictionary', { user: [0, 0, 9] }],
    ['a clock that is no integer', { clocks: [10, 11.5, 12] }],
    ['a negative clock', { clocks: [10, -11, 12] }],
    ['no origin', { origin: null }],
    ['lines that are text', { lines: 'text' }],
    ['no operations', { clocks: [], timestamps: [], kinds: [], ids: [], user: [], target: [], lengths: [] }],
  ])('refuses %s', (_what, change) => {
    expect(() => decodeBatch(changed(change))).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })
})

describe('operationAt', () => {
  it('gives each operation, its message from its line', () => {
    const batch = makeBatch(CONTENT)

    expect(operationAt(batch, 1)).toMatchObject({ seq: 4, clock: 11, kind: 'publish', message: 'two' })
    expect(operationAt(batch, 2)).toEqual({
      origin: 'server-1',
      incarnation: 5,
      seq: 5,
      clock: 12,
      timestamp: 100,
      kind: 'login',
      id: 'id-2',
      user: 'bob',
      target: '',
    })
  })
})

describe('lineAt', () => {
  it('gives the bytes that the files hold', () => {
    expect(Buffer.from(lineAt(makeBatch(CONTENT), 1)).toString()).toBe(LINES[1])
  })
})
