import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { JournalRecords } from '../../src/ports/index.ts'
import { JournalFolder, type Tear, type Written } from './journal-folder.ts'

/** Of few sizes, so that ends of groups meet those of older ones; two records of the second make up a sector, nearly. */
export const usualSizes = fc.array(fc.constantFrom(0, 100, 488, 1000), { minLength: 1, maxLength: 3 })
export const sizes = fc.oneof(
  { weight: 20, arbitrary: usualSizes },
  { weight: 8, arbitrary: fc.array(fc.nat(3000), { minLength: 1, maxLength: 20 }) },
  // Written by another thread, and beyond the room that is made at once.
  {
    weight: 2,
    arbitrary: fc.array(fc.integer({ min: 64 * 1024, max: 200 * 1024 }), { minLength: 1, maxLength: 2 }),
  },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 900 * 1024, max: 1500 * 1024 })) },
)
export const tears: fc.Arbitrary<Tear> = fc.record({
  prefix: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  whole: fc.boolean(),
  sectors: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
  long: fc.boolean(),
})

/** Some appends, and what is done behind them. */
export interface Step {
  readonly appends: readonly (readonly number[])[]
  readonly behind: 'turn' | 'settle' | 'kill' | 'tear'
  readonly tear: Tear
}

export function stepsIn(
  of: fc.Arbitrary<readonly number[]>,
  behind: fc.Arbitrary<Step['behind']>,
): fc.Arbitrary<Step[]> {
  const appends = fc.array(of, { maxLength: 4 })
  return fc.array(fc.record({ appends, behind, tear: tears }), { maxLength: 6 })
}

function stepsOf(
  behind: fc.Arbitrary<Step['behind']>,
): fc.Arbitrary<{ steps: Step[]; last: readonly number[] }> {
  const each = (
    of: fc.Arbitrary<readonly number[]>,
  ): fc.Arbitrary<{ steps: Step[]; last: readonly number[] }> =>
    fc.record({ steps: stepsIn(of, behind), last: of })
  // All of the same sizes: each group then begins where an older one began.
  return fc.oneof(
    each(sizes),
    usualSizes.chain((same) => each(fc.constant(same))),
  )
}

export const calm = stepsOf(fc.constantFrom('turn', 'settle', 'settle', 'kill'))
export const rough = stepsOf(fc.constantFrom('turn', 'settle', 'settle', 'kill', 'tear'))

export async function take(folder: JournalFolder, { appends, behind, tear }: Step): Promise<void> {
  for (const each of appends) await folder.append(each)
  if (behind === 'turn' || behind === 'settle') folder.turn()
  if (behind === 'settle') folder.settle()
  if (behind === 'tear') await folder.tear(appends[0] ?? [1000], tear)
  if (behind === 'tear' || behind === 'kill') reopen(folder)
}

/** Another process finds exactly what is needed. */
export function reopen(folder: JournalFolder): JournalRecords {
  const found = folder.open()
  expectGroups(found, folder.needed)
  expect(found.damaged).toBe(false)
  folder.recover(found)
  return found
}

export function expectGroups({ records }: JournalRecords, groups: readonly Written[]): void {
  const expected = groups.flatMap((group) => group.records)
  expect(records.map(({ byteLength }) => byteLength)).toEqual(expected.map(({ byteLength }) => byteLength))
  expect(Buffer.compare(Buffer.concat(records), Buffer.concat(expected))).toBe(0)
}

export async function inFolder(work: (folder: JournalFolder) => Promise<void>): Promise<void> {
  const folder = new JournalFolder()
  try {
    folder.open()
    await work(folder)
  } finally {
    folder.remove()
  }
}
