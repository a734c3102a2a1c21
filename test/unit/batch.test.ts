import { describe, expect, it } from 'vitest'
import {
  type Batch,
  BatchWriter,
  batchFrom,
  columnBytes,
  decode,
  decodeBatch,
  encodeBatch,
  joinBatches,
  KINDS,
  type Operation,
  PEER_LIMITS,
  renderLine,
} from '../../src/wire/index.ts'

const BASE = { origin: 'server-1', incarnation: 5, timestamp: 100 }
const OPERATIONS: readonly Operation[] = [
  { ...BASE, seq: 3, clock: 10, kind: 'publish', id: 'id-0', user: 'alice', target: 'news', message: 'one' },
  { ...BASE, seq: 4, clock: 11, kind: 'publish', id: 'ïd-1', user: 'alice', target: 'news', message: 'twö' },
  { ...BASE, seq: 5, clock: 12, kind: 'login', id: 'id-2', user: 'bob', target: '' },
]

function made(operations = OPERATIONS): Batch {
  const writer = new BatchWriter()
  for (const each of operations) {
    writer.add({ ...each, kind: KINDS.indexOf(each.kind), line: renderLine(each) })
  }
  return writer.take({ ...BASE, firstSeq: operations[0]?.seq ?? 0 })
}

function operationsOf(batch: Batch): Operation[] {
  return Array.from({ length: batch.count }, (_, index) => batch.operationAt(index))
}

/** The encoded batch with some of its parts changed, and the CRC made to fit. */
function changed(change: Record<string, unknown>): Uint8Array {
  const { first, ...rest } = decode(made().bytes, PEER_LIMITS) as Record<string, unknown>
  const parts = { ...rest, firstSeq: first, ...change } as Parameters<typeof encodeBatch>[0]
  return encodeBatch(parts).bytes
}

/** The columns with the value of one of them changed. */
function columns(write: (view: DataView) => void): { columns: Uint8Array } {
  const whole = decode(made().bytes, PEER_LIMITS) as { columns: Uint8Array }
  const bytes = Uint8Array.from(whole.columns)
  write(new DataView(bytes.buffer))
  return { columns: bytes }
}

describe('decodeBatch', () => {
  it('gives back what was made', () => {
    const batch = decodeBatch(made().bytes)

    expect(operationsOf(batch)).toEqual(OPERATIONS)
    expect(batch).toMatchObject({ count: 3, stream: 'server-1/5', lastSeq: 5, lastClock: 12 })
  })

  it('refuses a batch of which any one bit has changed', () => {
    const { bytes } = made()
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const wrong = Uint8Array.from(bytes)
      const at = bit >> 3
      wrong[at] = (wrong[at] as number) ^ (1 << (bit & 7))
      expect(() => decodeBatch(wrong)).toThrow('fails its CRC-32')
    }
  })

  it.each([
    ['columns that are cut short', { columns: new Uint8Array(columnBytes(3) - 1) }],
    ['lines that are longer than their lengths', { lines: new Uint8Array(1000) }],
    ['ids that are shorter than their lengths', { ids: new Uint8Array(3) }],
    ['a kind that there is not', columns((view) => view.setUint8(3 * 24, KINDS.length))],
    ['a user that is not in the list', columns((view) => view.setUint16(3 * 20, 9, true))],
    ['a target that is not in the list', columns((view) => view.setUint16(3 * 22, 9, true))],
    ['a clock that is no integer', columns((view) => view.setFloat64(8, 11.5, true))],
    ['a clock that does not rise', columns((view) => view.setFloat64(8, 10, true))],
    ['a negative clock', columns((view) => view.setFloat64(0, -11, true))],
    ['a negative time', columns((view) => view.setFloat64(3 * 8, -1, true))],
    ['no origin', { origin: null }],
    ['lines that are text', { lines: 'text' }],
    ['no operations', { columns: new Uint8Array(), lines: new Uint8Array(), ids: new Uint8Array() }],
  ])('refuses %s', (_what, change) => {
    expect(() => decodeBatch(changed(change))).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })

  it('refuses what is no batch at all', () => {
    for (const bytes of [new Uint8Array(), Buffer.from('abc'), Buffer.alloc(100)]) {
      expect(() => decodeBatch(bytes)).toThrow(expect.objectContaining({ code: 'bad_request' }))
    }
  })
})

describe('Batch', () => {
  it('gives the bytes that the files hold', () => {
    expect(Buffer.from(made().lineAt(1)).toString()).toBe(renderLine(OPERATIONS[1] as Operation))
    expect(made().lineAt(2).byteLength).toBe(0)
  })
})

describe('batchFrom', () => {
  it('gives the rest of a batch', () => {
    const rest = batchFrom(made(), 1)

    expect(rest.firstSeq).toBe(4)
    expect(operationsOf(decodeBatch(rest.bytes))).toEqual(OPERATIONS.slice(1))
  })
})

describe('joinBatches', () => {
  it('gives one batch with the operations of all, in their order', () => {
    const joined = joinBatches([made(OPERATIONS.slice(0, 1)), made(OPERATIONS.slice(1))])

    expect(joined.firstSeq).toBe(3)
    expect(operationsOf(decodeBatch(joined.bytes))).toEqual(OPERATIONS)
  })
})
