import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Files,
  GROUP_BYTES,
  HEAD_BYTES,
  type JournalFolder,
  type Written,
} from '../support/journal-folder.ts'
import {
  expectGroups,
  inFolder,
  reopen,
  rough,
  type Step,
  sizes,
  stepsIn,
  take,
  usualSizes,
} from '../support/journal-steps.ts'

/** All that was there is settled, if it is not a new journal; then come appends to one file, and maybe to the other. */
interface Laid {
  readonly steps: readonly Step[]
  readonly former: readonly (readonly number[])[]
  readonly later: readonly (readonly number[])[]
}

const laid: fc.Arbitrary<Laid> = fc
  .oneof(fc.constant(sizes), usualSizes.map(fc.constant))
  .chain((of: fc.Arbitrary<readonly number[]>) =>
    fc.record({
      steps: fc.oneof(fc.constant([]), stepsIn(of, fc.constantFrom('settle', 'settle', 'kill', 'tear'))),
      former: fc.array(of, { minLength: 1, maxLength: 6 }),
      later: fc.array(of, { maxLength: 4 }),
    }),
  )
/** Of the needed groups, some in a row, as shares of one. */
const bursts = fc.record({ from: fc.nat(), count: fc.integer({ min: 1, max: 6 }), zeros: fc.boolean() })
const flips = fc.record({ group: fc.nat(), bit: fc.oneof(fc.nat(8 * HEAD_BYTES - 1), fc.nat()) })

async function lay(folder: JournalFolder, { steps, former, later }: Laid): Promise<Files> {
  for (const step of steps) await take(folder, step)
  if (steps.length > 0) {
    folder.turn()
    folder.settle()
  }
  const before = folder.files
  for (const each of former) await folder.append(each)
  if (later.length > 0) folder.turn()
  for (const each of later) await folder.append(each)
  return before
}

/** What a reader still finds when these are gone: what stands before them in their file, and the other file. */
function besides(needed: readonly Written[], { file, start }: Written): Written[] {
  return needed.filter((each) => each.file !== file || each.end <= start)
}

function flip(folder: JournalFolder, { start, end, file }: Written, bit: number): void {
  const files = folder.files
  const at = start + (Math.floor(bit / 8) % (end - start))
  files[file][at] = (files[file][at] as number) ^ (1 << (bit % 8))
  folder.files = files
}

/** Makes zeros of some groups of one file, or what was there before; the first and the last of them. */
function lose(
  folder: JournalFolder,
  before: Files,
  burst: { readonly from: number; readonly count: number; readonly zeros: boolean },
): [Written, Written] {
  const { needed, files } = folder
  const first = needed[burst.from % needed.length] as Written
  const lost = needed.filter(({ file, start }) => file === first.file && start >= first.start)
  const last = lost.slice(0, burst.count).at(-1) as Written
  files[first.file].fill(0, first.start, last.end)
  if (!burst.zeros) files[first.file].set(before[first.file].subarray(first.start, last.end), first.start)
  folder.files = files
  return [first, last]
}

describe('a journal of which flushed bytes changed', () => {
  it('lacks what a flipped bit is in and what follows in that file, and is damaged unless that was the very last append', async () => {
    await fc.assert(
      fc.asyncProperty(laid, fc.array(flips, { minLength: 1, maxLength: 6 }), (appends, hits) =>
        inFolder(async (folder) => {
          await lay(folder, appends)
          const { needed } = folder
          for (const { group, bit } of hits) {
            const hit = needed[group % needed.length] as Written
            const found = folder.peek(() => flip(folder, hit, bit))
            expectGroups(found, besides(needed, hit))
            expect(found.damaged).toBe(hit !== needed.at(-1))
          }
        }),
      ),
      { numRuns: 30 },
    )
  })

  it('is damaged by each flipped bit in the head of a group that is not the last one', async () => {
    await inFolder(async (folder) => {
      await lay(folder, { steps: [], former: [[100], [100], [100]], later: [] })
      const second = folder.needed[1] as Written
      for (let bit = 0; bit < 8 * HEAD_BYTES; bit++) {
        const found = folder.peek(() => flip(folder, second, bit))
        expectGroups(found, besides(folder.needed, second))
        expect(found.damaged).toBe(true)
      }
    })
  })

  it('is damaged by a lost write, or zeros, over some appends in a row, unless no later one is left to show it', async () => {
    await fc.assert(
      fc.asyncProperty(laid, fc.array(bursts, { minLength: 1, maxLength: 4 }), (appends, losses) =>
        inFolder(async (folder) => {
          const before = await lay(folder, appends)
          const { needed } = folder
          for (const burst of losses) {
            let ends: [Written, Written] | undefined
            const found = folder.peek(() => {
              ends = lose(folder, before, burst)
            })
            const [first, last] = ends as [Written, Written]
            expectGroups(found, besides(needed, first))
            expect(found.damaged).toBe(last !== needed.at(-1))
          }
        }),
      ),
      { numRuns: 30 },
    )
  })

  it('does not show it where more than 64 appends in a row are gone from the end that can be read', async () => {
    await inFolder(async (folder) => {
      const before = await lay(folder, {
        steps: [],
        former: Array.from({ length: 70 }, () => [10]),
        later: [],
      })
      for (const [count, damaged] of [
        [64, true],
        [65, false],
      ] as const) {
        const found = folder.peek(() => lose(folder, before, { from: 2, count, zeros: true }))
        expectGroups(found, folder.needed.slice(0, 2))
        expect(found.damaged).toBe(damaged)
      }
    })
  })

  it('does not take what it left out for what follows, where that has the next number by the order of writing', async () => {
    await inFolder(async (folder) => {
      await lay(folder, { steps: [], former: [[100], [100], [100], [100]], later: [] })
      const [first, second] = folder.needed as [Written, Written]
      folder.close()
      flip(folder, second, 8 * HEAD_BYTES)
      folder.keep([first])
      folder.recover(folder.open())
      await folder.append([100])
      folder.turn()
      folder.settle()
      // As long as the first three: the fourth stands behind it, which is what came after the third.
      const { end } = await folder.append([3 * first.end - GROUP_BYTES])
      expect(end).toBe(3 * first.end)
      reopen(folder)
    })
  })

  it('never gives back what it once left out, and is no longer damaged once it was settled', async () => {
    await fc.assert(
      fc.asyncProperty(laid, bursts, rough, (appends, burst, { steps, last }) =>
        inFolder(async (folder) => {
          const before = await lay(folder, appends)
          folder.close()
          const [first] = lose(folder, before, burst)
          folder.keep(besides(folder.needed, first))
          const found = folder.open()
          expectGroups(found, folder.needed)
          folder.recover(found)
          for (const each of [...appends.former, last]) await folder.append(each)
          const again = folder.open()
          expectGroups(again, folder.needed)
          // Where nothing was found nothing was settled: the damage still shows.
          expect(again.damaged).toBe(found.damaged && found.records.length === 0)
          folder.recover(again)
          for (const step of steps) await take(folder, step)
          reopen(folder)
        }),
      ),
      { numRuns: 30 },
    )
  })
})

describe('a journal whose message holds what looks like a later group', () => {
  it('is opened, and gives back none of it, where the append with it is torn and nothing in it is a record', async () => {
    await inFolder(async (folder) => {
      await folder.append([100])
      const forged = Buffer.alloc(HEAD_BYTES + 4)
      forged.writeUInt32LE(4, 0)
      forged.writeDoubleLE(3, 8)
      forged.writeUInt32LE(1000, 16)
      forged.writeUInt32LE(crc32(forged.subarray(8)), 4)
      const torn = await folder.appendRecords([forged, Buffer.alloc(100)])
      folder.close()
      flip(folder, torn, 8 * (torn.end - torn.start - 1))
      folder.keep(folder.needed.slice(0, 1))
      expect(reopen(folder).damaged).toBe(false)
    })
  })
})

describe('a journal whose files are not those that were written', () => {
  const other = (file: 0 | 1): 0 | 1 => (file === 0 ? 1 : 0)
  const laidAndPart = fc.tuple(laid, fc.double({ min: 0, max: 1, noNaN: true }))

  async function assertLaid(
    check: (folder: JournalFolder, before: Files, part: number) => void,
    numRuns = 20,
  ): Promise<void> {
    const property = fc.asyncProperty(laidAndPart, ([appends, part]) =>
      inFolder(async (folder) => check(folder, await lay(folder, appends), part)),
    )
    await fc.assert(property, { numRuns })
  }

  it('is damaged without one of them, needed or not, as soon as anything is settled; before, where the other goes on', async () => {
    await assertLaid((folder) => {
      const { needed, settled } = folder
      for (const file of [0, 1] as const) {
        const found = folder.peek(() => folder.removeFile(file))
        const left = needed.filter((each) => each.file !== file)
        expectGroups(found, left)
        const goesOn = left.length > 0 && left[0] !== needed[0]
        expect(found.damaged).toBe(settled > 0 || goesOn)
      }
    })
  })

  it('is damaged by a cut in flushed bytes where the other file goes on; else that is a torn end', async () => {
    await assertLaid((folder, _, part) => {
      const { needed } = folder
      for (const hit of [needed[0], needed.at(-1)] as [Written, Written]) {
        const size = Math.floor(part * hit.end)
        const found = folder.peek(() => folder.cutFile(hit.file, size))
        const left = needed.filter(({ file, end }) => file !== hit.file || end <= size)
        expectGroups(found, left)
        expect(found.damaged).toBe(left.length < needed.length && left.at(-1) === needed.at(-1))
      }
    })
  })

  it('is whole when they have each other’s names', async () => {
    await assertLaid((folder) => {
      const found = folder.peek(() => folder.swapFiles())
      expectGroups(found, folder.needed)
      expect(found.damaged).toBe(false)
    })
  })

  it('is damaged by an old copy of one where the other goes on, and does not show one of the last or of both', async () => {
    await assertLaid((folder, before) => {
      const { needed, files } = folder
      const { file } = needed[0] as Written
      const [last, goesOn] = [needed.at(-1) as Written, needed.at(-1)?.file !== file]
      const older = (which: 0 | 1): Files => (which === 0 ? [before[0], files[1]] : [files[0], before[1]])

      const first = folder.peek(() => {
        folder.files = older(file)
      })
      expectGroups(first, goesOn ? needed.filter((each) => each.file === other(file)) : [])
      expect(first.damaged).toBe(goesOn)

      const end = folder.peek(() => {
        folder.files = older(last.file)
      })
      expectGroups(end, goesOn ? needed.filter((each) => each.file === file) : [])
      expect(end.damaged).toBe(false)

      const both = folder.peek(() => {
        folder.files = before
      })
      expectGroups(both, [])
      expect(both.damaged).toBe(false)
    })
  })
})
