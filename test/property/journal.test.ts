import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalRecords } from '../../src/ports/index.ts'
import { JournalFolder, type Tear, type Written } from '../support/journal-folder.ts'

/** Of few sizes, so that ends of groups meet those of older ones; two records of the second make up a sector, nearly. */
const usualSizes = fc.array(fc.constantFrom(0, 100, 488, 1000), { minLength: 1, maxLength: 3 })
const sizes = fc.oneof(
  { weight: 20, arbitrary: usualSizes },
  { weight: 8, arbitrary: fc.array(fc.nat(3000), { minLength: 1, maxLength: 20 }) },
  // Written by another thread, and beyond the room that is made at once.
  {
    weight: 2,
    arbitrary: fc.array(fc.integer({ min: 64 * 1024, max: 200 * 1024 }), { minLength: 1, maxLength: 2 }),
  },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 900 * 1024, max: 1500 * 1024 })) },
)
const tears: fc.Arbitrary<Tear> = fc.record({
  prefix: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  whole: fc.boolean(),
  sectors: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
  long: fc.boolean(),
})

/** Some appends, and what is done behind them. */
interface Step {
  readonly appends: readonly (readonly number[])[]
  readonly then: 'turn' | 'settle' | 'kill' | 'tear'
  readonly tear: Tear
}

function stepsOf(then: fc.Arbitrary<Step['then']>): fc.Arbitrary<{ steps: Step[]; last: readonly number[] }> {
  const each = (
    of: fc.Arbitrary<readonly number[]>,
  ): fc.Arbitrary<{ steps: Step[]; last: readonly number[] }> => {
    const appends = fc.array(of, { maxLength: 4 })
    return fc.record({
      steps: fc.array(fc.record({ appends, then, tear: tears }), { maxLength: 6 }),
      last: of,
    })
  }
  // All of the same sizes: each group then begins where an older one began.
  return fc.oneof(
    each(sizes),
    usualSizes.chain((same) => each(fc.constant(same))),
  )
}

const calm = stepsOf(fc.constantFrom('turn', 'settle', 'settle', 'kill'))
const rough = stepsOf(fc.constantFrom('turn', 'settle', 'settle', 'kill', 'tear'))

async function take(folder: JournalFolder, { appends, then, tear }: Step): Promise<void> {
  for (const each of appends) await folder.append(each)
  if (then === 'turn' || then === 'settle') folder.turn()
  if (then === 'settle') folder.settle()
  if (then === 'tear') await folder.tear(appends[0] ?? [1000], tear)
  if (then === 'tear' || then === 'kill') reopen(folder)
}

/** Another process finds exactly what is needed. */
function reopen(folder: JournalFolder): void {
  const found = folder.open()
  expectGroups(found, folder.needed)
  expect(found.damaged).toBe(false)
  folder.recover(found)
}

function expectGroups({ records }: JournalRecords, groups: readonly Written[]): void {
  const expected = groups.flatMap((group) => group.records)
  expect(records.map(({ byteLength }) => byteLength)).toEqual(expected.map(({ byteLength }) => byteLength))
  expect(Buffer.compare(Buffer.concat(records), Buffer.concat(expected))).toBe(0)
}

async function inFolder(work: (folder: JournalFolder) => Promise<void>): Promise<void> {
  const folder = new JournalFolder()
  try {
    folder.open()
    await work(folder)
  } finally {
    folder.remove()
  }
}

describe('a journal of which nothing was lost', () => {
  it('gives back exactly what is not settled, whatever older groups stand behind the ends of its files', async () => {
    await fc.assert(
      fc.asyncProperty(calm, ({ steps }) =>
        inFolder(async (folder) => {
          for (const step of steps) await take(folder, step)
          reopen(folder)
        }),
      ),
      { numRuns: 150 },
    )
  })
})

describe('a journal whose last append is torn', () => {
  it('gives back that whole or not at all, everything before it, no damage, and what is appended next', async () => {
    await fc.assert(
      fc.asyncProperty(rough, tears, ({ steps, last }, tear) =>
        inFolder(async (folder) => {
          for (const step of steps) await take(folder, step)
          await folder.tear(last, tear)
          reopen(folder)
          await folder.append(last)
          reopen(folder)
        }),
      ),
      { numRuns: 150 },
    )
  })

  it('is not damaged by it at the beginning of a file either, where older groups of the same size stand behind', async () => {
    for (const sectors of [
      [true, false],
      [true, true, false],
      [true, false, true],
    ]) {
      await inFolder(async (folder) => {
        const tear: Tear = { whole: false, sectors, long: true }
        await take(folder, { appends: [[1200], [1200], [1200]], then: 'settle', tear })
        await take(folder, { appends: [[1200]], then: 'settle', tear })
        await folder.tear([1200], tear)
        expect(folder.needed).toEqual([])
        reopen(folder)
      })
    }
  })
})
