import { describe, expect, it } from 'vitest'
import { runSchedule } from './run.ts'

const SEEDS = 40

describe('Schedules of faults', () => {
  it(`break nothing that must always hold, for seeds 1 to ${SEEDS}`, async () => {
    const found: unknown[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { findings } = await runSchedule(seed)
      if (findings.length > 0) found.push({ seed, findings })
    }
    expect(found).toEqual([])
  })

  it('are the same for the same seed', async () => {
    expect(await runSchedule(7)).toEqual(await runSchedule(7))
  })
})
