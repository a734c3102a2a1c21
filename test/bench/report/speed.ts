import { table } from '../../support/table.ts'
import type { RowResult } from '../measured.ts'
import { spreadOf } from '../statistics.ts'
import { processorTable, rateTable, whole } from '../tables.ts'
import { type Bar, barChart } from './chart.ts'
import { type Goal, speedGoals } from './goals.ts'
import type { Results, Session } from './results.ts'

const CHARTS: readonly { row: string; title: string }[] = [
  { row: 'one-1', title: 'One at a time, 1 client' },
  { row: 'one-8', title: 'One at a time, 8 clients' },
  { row: 'pipelined-256', title: '256 in flight, 1 client' },
  { row: 'pipelined-1000', title: '1,000 in flight, 1 client' },
]
/** Of a core; less is the system's own housekeeping and rounding. */
const QUIET_PERCENT = 20
const ACKNOWLEDGED = 'flushed on 2 of 3'

/** What the page says of speed. */
export function speedSection(results: Results): string {
  const { own, peers = {} } = results
  if (own === undefined) return 'Nothing has been measured yet.'
  return [
    sessionText('recado', own),
    '### Goals',
    goalTable(speedGoals(results)),
    '### Beside others',
    ...CHARTS.map(({ row, title }) => `![${title}: acknowledged messages a second](${chartFile(row)})`),
    comparison(results),
    ...Object.values(peers)
      .filter(({ began }) => began !== own.began)
      .map((peer) => sessionText(peer.what, peer)),
    '### recado, row by row',
    rateTable(own.rows),
    deliveriesText(own.rows),
    'Processor time in % of one core, of each process and, in brackets, of its main thread; *others* is what else ran:',
    processorTable(own.rows),
    quietText(own.rows),
    '### Others, row by row',
    '<details><summary>Rates, latencies and processor time of each</summary>',
    ...Object.values(peers).flatMap(({ what, version, rows }) => [
      `${what} (${version})`,
      rateTable(rows),
      processorTable(rows, { mainThreads: false }),
    ]),
    '</details>',
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

/** The pictures, by their paths from the root. */
export function speedCharts(results: Results): Readonly<Record<string, string>> {
  return Object.fromEntries(
    CHARTS.map(({ row, title }) => [
      `docs/${chartFile(row)}`,
      barChart(
        title,
        barsOf(results, row),
        'acknowledged a second; the line shows the least and the most of the runs',
      ),
    ]),
  )
}

function chartFile(row: string): string {
  return `benchmarks/${row}.svg`
}

function barsOf({ own, peers = {} }: Results, row: string): Bar[] {
  const systems = [
    { name: 'recado', detail: ACKNOWLEDGED, kind: 'own' as const, rows: own?.rows ?? [] },
    ...Object.values(peers).map(({ what, acknowledged, rows }) => ({
      name: what.replaceAll('`', ''),
      detail: acknowledged,
      kind: acknowledged.startsWith('flushed') ? ('flushed' as const) : ('unflushed' as const),
      rows,
    })),
  ]
  return systems.flatMap(({ rows, ...system }) => {
    const rates =
      rows.find(({ name }) => name === row)?.runs.flatMap(({ perSecond }) => perSecond ?? []) ?? []
    if (rates.length === 0) return []
    const { median, min, max } = spreadOf(rates)
    return [{ ...system, value: median, min, max }]
  })
}

function comparison({ own, peers = {} }: Results): string {
  const cell = (rows: readonly RowResult[], name: string): string => {
    const runs = rows.find((row) => row.name === name)?.runs ?? []
    const rates = runs.flatMap(({ perSecond }) => perSecond ?? [])
    const latencies = runs.flatMap(({ latency }) => latency?.p50 ?? [])
    if (rates.length === 0) return ''
    return `${whole(spreadOf(rates).median)} (${spreadOf(latencies).median.toFixed(1)} ms)`
  }
  const row = (name: string, acknowledged: string, rows: readonly RowResult[]): string[] => [
    name,
    acknowledged,
    ...CHARTS.map((chart) => cell(rows, chart.row)),
  ]
  return table(
    [
      'acknowledged a second (p50)',
      'an acknowledgement means',
      ...CHARTS.map(({ title }) => title.toLowerCase()),
    ],
    [
      row('**recado**', ACKNOWLEDGED, own?.rows ?? []),
      ...Object.values(peers).map(({ what, acknowledged, rows }) => row(what, acknowledged, rows)),
    ],
  )
}

export function goalTable(goals: readonly Goal[]): string {
  return table(
    ['goal', 'wanted', 'measured', 'met'],
    goals.map(({ what, wanted, measured, met, note }) => {
      const verdict = measured === undefined ? 'not measured' : met ? 'yes' : '**no**'
      return [what, wanted, measured ?? '', note === '' ? verdict : `${verdict} (${note})`]
    }),
  )
}

export function sessionText(
  what: string,
  session: Session,
  times = `, ${session.runs} runs of ${session.seconds} s for each row`,
): string {
  const { began, machine, node, revision } = session
  return `${what}: ${began.slice(0, 16).replace('T', ' ')} UTC, ${machine}, Node ${node}, commit ${revision}${times}.`
}

function deliveriesText(rows: readonly RowResult[]): string {
  const runs = rows.find(({ name }) => name === 'deliveries')?.runs ?? []
  const rates = runs.flatMap(({ publicationsPerSecond }) => publicationsPerSecond ?? [])
  if (rates.length === 0) return ''
  return `While deliveries were counted, ${whole(spreadOf(rates).median)} publications a second were acknowledged.`
}

/** A warning when something else took processors from what was measured; nothing on a quiet machine. */
export function quietText(rows: readonly RowResult[]): string {
  const most = Math.max(...rows.flatMap(({ runs }) => runs.map(({ use }) => use?.others ?? 0)))
  if (most < QUIET_PERCENT) return ''
  return `**The machine was not quiet**: in one run others took ${most.toFixed(0)} % of a core from what was measured.`
}
