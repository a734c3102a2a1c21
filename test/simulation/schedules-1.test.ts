import { describe, expect, it } from 'vitest'
import { holdFor } from './hold.ts'
import { runSchedule } from './run.ts'

/** Half of the schedules, so that two processors share them. */
describe('Schedules of faults', () => {
  holdFor(1, 1000)

  it('are the same for the same seed', async () => {
    const traces = [[], []] as [string[], string[]]
    for (const lines of traces) await runSchedule(7, { trace: (line) => lines.push(line) })
    expect(traces[0].length).toBeGreaterThan(100)
    expect(traces[0]).toEqual(traces[1])
  })
})
