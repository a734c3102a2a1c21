import { expect, it } from 'vitest'
import { runSchedule } from './run.ts'
import { FAULTS, type FaultName } from './schedule/index.ts'

/** Schedules of one test. */
const CHUNK = 100
/** So many acknowledgements a schedule has at least, in the mean of a chunk: where nothing is acknowledged nothing can be lost. */
const ACKNOWLEDGED_MIN = 10

/** Tests that nothing is found by these seeds, and that enough happens in them to find something. */
export function holdFor(from: number, to: number): void {
  const chunks = Array.from({ length: (to - from + 1) / CHUNK }, (_, i) => from + i * CHUNK)
  const struck = new Set<FaultName>()
  it.each(chunks)(
    `break nothing that must always hold (${CHUNK} from seed %i)`,
    async (first) => {
      const found: unknown[] = []
      let acknowledged = 0
      for (let seed = first; seed < first + CHUNK; seed++) {
        const outcome = await runSchedule(seed)
        if (outcome.findings.length > 0) found.push({ seed, findings: outcome.findings })
        acknowledged += outcome.acknowledged
        for (const fault of outcome.struck) struck.add(fault)
      }
      expect(found).toEqual([])
      expect(acknowledged).toBeGreaterThan(CHUNK * ACKNOWLEDGED_MIN)
    },
    600_000,
  )

  it('strike with every kind of fault', () => {
    expect([...struck].toSorted()).toEqual(Object.keys(FAULTS).toSorted())
  })
}
