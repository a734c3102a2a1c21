import { table } from '../support/table.ts'
import type { Measured, RowResult } from './measured.ts'
import type { Busy } from './processors.ts'
import { spreadOf } from './statistics.ts'

/** Rates and latencies: medians of the runs, the rates' least and most beside them. */
export function rateTable(results: readonly RowResult[]): string {
  const heads = ['what', 'per second', 'min', 'max', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'failed']
  return table(
    heads,
    results.filter(isRate).map(({ what, runs }) => {
      const rates = runs.flatMap(({ perSecond }) => perSecond ?? [])
      const rate = spreadOf(rates)
      const latencies = runs.flatMap(({ latency }) => latency ?? [])
      const failed = runs.reduce((sum, run) => sum + (run.failed ?? 0), 0)
      return [
        what,
        ...(rates.length === 0 ? ['', '', ''] : [rate.median, rate.min, rate.max].map(whole)),
        ...(['p50', 'p99', 'p999', 'max'] as const).map((key) =>
          latencies.length === 0 ? '' : spreadOf(latencies.map((each) => each[key])).median.toFixed(2),
        ),
        failed === 0 ? '' : whole(failed),
      ]
    }),
  )
}

function isRate({ runs }: RowResult): boolean {
  return runs.some(({ perSecond }) => perSecond !== undefined)
}

/** Each process's processor time in % of one core, medians of the runs; in brackets that of its main thread. */
export function processorTable(results: readonly RowResult[], { mainThreads = true } = {}): string {
  const measured = results.filter(({ runs }) => runs.some(({ use }) => use !== undefined))
  const columns = [
    ...new Set(measured.flatMap(({ runs }) => runs.flatMap((run) => [...groupsOf(run).keys()]))),
  ]
  return table(
    ['what', ...columns, 'all', 'others'],
    measured.map(({ what, runs }) => [
      what,
      ...columns.map((column) => {
        const busy = runs.flatMap((run) => groupsOf(run).get(column) ?? [])
        if (busy.length === 0) return ''
        const [all, main] = [median(busy.map((each) => each.all)), median(busy.map((each) => each.main))]
        return mainThreads ? `${percent(all)} (${percent(main)})` : percent(all)
      }),
      percent(median(runs.map(processorsOf))),
      percent(median(runs.map(({ use }) => use?.others ?? 0))),
    ]),
  )
}

/** The subscribers of one run, alike as they are, count as one. */
function groupsOf({ use }: Measured): Map<string, Busy> {
  const groups = new Map<string, Busy>()
  for (const [name, { all, main }] of Object.entries(use?.processes ?? {})) {
    const group = name.replace(/^subscriber(-\d+)?$/, 'subscribers')
    const sum = groups.get(group) ?? { all: 0, main: 0 }
    groups.set(group, { all: sum.all + all, main: sum.main + main })
  }
  return groups
}

/** All processes of one run together, in % of one core. */
export function processorsOf({ use }: Measured): number {
  return Object.values(use?.processes ?? {}).reduce((sum, { all }) => sum + all, 0)
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function median(values: readonly number[]): number {
  return spreadOf(values).median
}

/** Small shares are told more exactly. */
function percent(value: number): string {
  return Math.abs(value) < 9.95 ? value.toFixed(1) : value.toFixed(0)
}
