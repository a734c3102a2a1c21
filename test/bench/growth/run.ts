import { show, tell } from '../output.ts'
import { growthGoals, soakGoals } from '../report/growth.ts'
import { writeReport } from '../report/report.ts'
import { sessionOf, storeResults } from '../report/results.ts'
import { goalTable } from '../report/speed.ts'
import { benchGrowth, SHAPES } from './growth.ts'
import { benchSoak } from './soak.ts'

const OPERATIONS_MIN = 1_000_000
const RUNS_MIN = 3
const MINUTES_MIN = 10

/** Measures growth and shows it; a run that is whole is stored and written to the page. */
export async function runGrowth(options: {
  operations: number
  seconds: number
  runs: number
  /** Only operations with so many in a batch. */
  batch?: number
  folders?: string
}): Promise<void> {
  const { operations, seconds, runs, batch: only } = options
  const shapes = SHAPES.filter(({ batch }) => only === undefined || batch === only)
  const session = sessionOf(runs, seconds)
  const growth = await benchGrowth({ ...options, shapes, ms: seconds * 1000, tell })
  for (const shape of growth.shapes) {
    show(`\n${operations} operations ${shape.what}\n\n${goalTable(growthGoals(shape))}`)
    show(JSON.stringify(shape, undefined, 1))
  }
  if (operations < OPERATIONS_MIN || runs < RUNS_MIN || shapes.length < SHAPES.length) {
    return tell(
      `Not stored: that takes ${OPERATIONS_MIN} operations in all batches, and ${RUNS_MIN} runs or more`,
    )
  }
  storeResults({ growth: { ...session, ...growth } })
  writeReport()
  tell('Stored, and written to docs/benchmarks.md')
}

/** Measures memory over time and shows it; a run that is long enough is stored and written to the page. */
export async function runSoak(minutes: number, perSecond: number): Promise<void> {
  const session = sessionOf(1, minutes * 60)
  const soak = await benchSoak({ minutes, perSecond, tell })
  show(goalTable(soakGoals(soak)))
  show(`${soak.acknowledged} acknowledged, ${soak.failed} failed`)
  if (minutes < MINUTES_MIN) return tell(`Not stored: that takes ${MINUTES_MIN} minutes or more`)
  storeResults({ soak: { ...session, ...soak } })
  writeReport()
  tell('Stored, and written to docs/benchmarks.md')
}
