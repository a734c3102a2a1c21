import { table } from '../../support/table.ts'
import type { SecuredResult } from '../secured.ts'
import { spreadOf } from '../statistics.ts'
import { processorTable, rateTable, whole } from '../tables.ts'
import { type Goal, rateOf } from './goals.ts'
import type { Results } from './results.ts'
import { goalTable, quietText, sessionText } from './speed.ts'

/** Of the throughput in open mode. */
const KEPT_MIN = 0.7

/** What the page says of secured mode. */
export function securedSection({ secured }: Results): string {
  if (secured === undefined) return 'Nothing has been measured yet.'
  return [
    sessionText('recado, open and secured in turn', secured),
    goalTable(securedGoals(secured)),
    comparison(secured),
    quietText([...secured.open, ...secured.secured]),
    '<details><summary>Rates, latencies and processor time in each mode</summary>',
    ...(['open', 'secured'] as const).flatMap((mode) => [
      `In ${mode} mode:`,
      rateTable(secured[mode]),
      processorTable(secured[mode]),
    ]),
    '</details>',
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

/** One for each row; what was measured in one mode alone is not met. */
export function securedGoals({ open, secured }: SecuredResult): Goal[] {
  return secured.map(({ name, what }) => {
    const [before, after] = [rateOf(open, name), rateOf(secured, name)]
    const kept = before === undefined || after === undefined ? undefined : after / before
    return {
      what: `${what}: of the throughput in open mode`,
      wanted: `≥ ${percent(KEPT_MIN)}`,
      measured: kept === undefined ? undefined : percent(kept),
      met: kept !== undefined && kept >= KEPT_MIN,
      note: '',
    }
  })
}

function comparison({ open, secured }: SecuredResult): string {
  const cells = (rows: SecuredResult['open'], name: string): string[] => {
    const runs = rows.find((row) => row.name === name)?.runs ?? []
    const latencies = runs.flatMap(({ latency }) => latency?.p50 ?? [])
    return [
      whole(rateOf(rows, name) ?? Number.NaN),
      latencies.length === 0 ? '' : spreadOf(latencies).median.toFixed(2),
    ]
  }
  return table(
    ['a second (medians)', 'open', 'p50 ms', 'secured', 'p50 ms'],
    secured.map(({ name, what }) => [what, ...cells(open, name), ...cells(secured, name)]),
  )
}

/** Rounded down: what is just below a goal does not look as if it met it. */
function percent(part: number): string {
  return `${Math.floor(part * 100 + 1e-9)} %`
}
