import { expect, it } from 'vitest'
import { runSchedule } from './run.ts'

/** Schedules of one test. */
const CHUNK = 100

/** Tests that nothing is found by these seeds. */
export function holdFor(from: number, to: number): void {
  const chunks = Array.from({ length: (to - from + 1) / CHUNK }, (_, i) => from + i * CHUNK)
  it.each(chunks)(
    `break nothing that must always hold (${CHUNK} from seed %i)`,
    async (first) => {
      const found: unknown[] = []
      for (let seed = first; seed < first + CHUNK; seed++) {
        const { findings } = await runSchedule(seed)
        if (findings.length > 0) found.push({ seed, findings })
      }
      expect(found).toEqual([])
    },
    600_000,
  )
}
