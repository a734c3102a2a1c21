import type { OperatorResult } from '../../bench/report/operator.ts'
import { writeReport } from '../../bench/report/report.ts'
import { sessionOf, storeResults } from '../../bench/report/results.ts'

/** Keeps what was measured, and shows it in docs/benchmarks.md. */
export function writeOperatorResults(result: OperatorResult, seconds: number): void {
  storeResults({ operator: { ...sessionOf(1, seconds), ...result } })
  writeReport()
}
