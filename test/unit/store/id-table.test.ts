import { describe, expect, it } from 'vitest'
import { IdTable } from '../../../src/store/id-table.ts'

describe('IdTable.behindFinal', () => {
  it.each([
    [1, 1, 0],
    [1, 4097, 4096],
    [2 ** 32 - 2, 2 ** 32 + 5, 7],
    [2 ** 32 - 1, 2 ** 32, 1],
    [2 ** 32, 2 ** 32 + 4096, 4096],
    [3 * (2 ** 32 - 1), 3 * 2 ** 32, 3],
    [2 ** 52, 2 ** 52 + 100, 100],
  ])(
    'tells how far behind a final operation another one is, of how many there may be (%i, %i)',
    (final, count, behind) => {
      const table = new IdTable(64)
      table.take(1, 2 ** 32 - 1, 2 ** 31, 7, 2 ** 52)
      expect(table.behindFinal(1, count)).toBe(-1)
      table.setFinal(1, final)

      expect(table.behindFinal(1, count)).toBe(behind)
      expect([table.placeAt(1), table.ownerAt(1), table.fits(1, 2 ** 32 - 1, 2 ** 31, 7)]).toEqual([
        2 ** 52,
        7,
        true,
      ])
      table.forgetFinals()
      expect(table.behindFinal(1, count)).toBe(-1)
    },
  )
})
