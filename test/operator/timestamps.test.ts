import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMicroTimestamp, formatTimestamp, parseTimestamp } from '../../src/operator/timestamps.ts'

const anyMs = fc.integer({ min: Date.UTC(1970), max: Date.UTC(2200) })

describe('timestamps', () => {
  it('are written as JavaScript writes them, in whole seconds', () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        expect(formatTimestamp(ms)).toBe(`${new Date(ms).toISOString().slice(0, 19)}Z`)
      }),
    )
  })

  it('are written with six digits of a second where the API server wants them', () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        expect(formatMicroTimestamp(ms)).toBe(new Date(ms).toISOString().replace('Z', '000Z'))
        expect(formatMicroTimestamp(ms + 0.5)).toBe(formatMicroTimestamp(ms))
      }),
    )
  })

  it('are read as JavaScript reads them, with fractions or without', () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        expect(parseTimestamp(new Date(ms).toISOString())).toBe(ms)
      }),
    )
    expect(parseTimestamp('2026-11-24T11:25:12.123456Z')).toBe(Date.UTC(2026, 10, 24, 11, 25, 12, 123))
  })

  it.each([undefined, '', 'yesterday', '2026-11-24'])('are nothing when they are %s', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })
})
