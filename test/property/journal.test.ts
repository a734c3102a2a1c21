import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tear } from '../support/journal-folder.ts'
import { calm, inFolder, reopen, rough, take, tears } from '../support/journal-steps.ts'

describe('a journal of which nothing was lost', () => {
  it('gives back exactly what is not settled, whatever older groups stand behind the ends of its files', async () => {
    await fc.assert(
      fc.asyncProperty(calm, ({ steps }) =>
        inFolder(async (folder) => {
          for (const step of steps) await take(folder, step)
          expect(reopen(folder).damaged).toBe(false)
        }),
      ),
      { numRuns: 50 },
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
          expect(reopen(folder).damaged).toBe(false)
        }),
      ),
      { numRuns: 60 },
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
        await take(folder, { appends: [[1200], [1200], [1200]], behind: 'settle', tear })
        await take(folder, { appends: [[1200]], behind: 'settle', tear })
        await folder.tear([1200], tear)
        expect(folder.needed).toEqual([])
        reopen(folder)
      })
    }
  })
})
