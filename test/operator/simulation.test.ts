import { describe, expect, it } from 'vitest'
import { liveThrough } from './simulation/story.ts'

/** `SEED=7 SEEDS=100 TRACE=200` runs a hundred schedules from the seventh on, and tells more of those that fail. */
const FIRST = Number(process.env['SEED'] ?? 3)
const COUNT = Number(process.env['SEEDS'] ?? 3)
const TRACE = Number(process.env['TRACE'] ?? 60)
/** Some hundred passes over some minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 240_000

describe('a cluster with its operator, under everything at once', () => {
  it.each(Array.from({ length: COUNT }, (_, index) => FIRST + index))(
    'settles, with nothing lost and nothing taken that others need, with seed %d',
    { timeout: TIMEOUT_MS },
    async (seed) => {
      const { findings, trace } = await liveThrough(seed)

      expect(findings.length === 0 ? [] : [...findings, ...trace.slice(-TRACE)]).toEqual([])
    },
  )
})
