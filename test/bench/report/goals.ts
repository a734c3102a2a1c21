import type { Measured, RowResult } from '../measured.ts'
import { spreadOf } from '../statistics.ts'
import { processorsOf, whole } from '../tables.ts'
import type { Results } from './results.ts'

/** One thing that recado wants to be, and whether it is. */
export interface Goal {
  readonly what: string
  readonly wanted: string
  /** Undefined when it has not been measured. */
  readonly measured: string | undefined
  readonly met: boolean
  /** What to know about the measurement. */
  readonly note: string
}

const REFERENCE = 'nats-r3-always'
const TEACHING = 'teaching'

export function speedGoals(results: Results): Goal[] {
  return [
    ratio(results, 'pipelined-1000', 1.25),
    ratio(results, 'one-8', 2),
    ratio(results, 'one-1', 1),
    tenTimesTeaching(results),
    figure(results, {
      name: 'delay',
      what: 'publication to subscriber, acknowledged first, unloaded: p50',
      of: ({ latency }) => latency?.p50,
      limit: 1.3,
      below: true,
      show: (value) => `${value.toFixed(2)} ms`,
    }),
    figure(results, {
      name: 'deliveries',
      what: 'deliveries to 4 subscribers through the library',
      of: ({ perSecond }) => perSecond,
      limit: 400_000,
      below: false,
      show: (value) => `${whole(value)} a second`,
    }),
    figure(results, {
      name: 'idle',
      what: 'all processes idle, together',
      of: processorsOf,
      limit: 3,
      below: true,
      show: (value) => `${value.toFixed(1)} % of a core`,
    }),
  ]
}

/** The median rate of a row, undefined when it was not measured. */
export function rateOf(rows: readonly RowResult[] | undefined, name: string): number | undefined {
  return medianOf(rows, name, ({ perSecond }) => perSecond)
}

function medianOf(
  rows: readonly RowResult[] | undefined,
  name: string,
  of: (run: Measured) => number | undefined,
): number | undefined {
  const values = rows?.find((row) => row.name === name)?.runs.flatMap((run) => of(run) ?? []) ?? []
  return values.length === 0 ? undefined : spreadOf(values).median
}

function ratio({ own, peers }: Results, name: string, wanted: number): Goal {
  const reference = peers?.[REFERENCE]
  const row = own?.rows.find((each) => each.name === name)
  const [ours, theirs] = [rateOf(own?.rows, name), rateOf(reference?.rows, name)]
  const reached = ours === undefined || theirs === undefined ? undefined : ours / theirs
  return {
    what: `${row?.what ?? name}: JetStream R3 \`always\` times`,
    wanted: `≥ ${wanted}`,
    measured: reached?.toFixed(2),
    met: reached !== undefined && reached >= wanted,
    note: noteOf(own?.began, reference?.began),
  }
}

/** Ours at its best against theirs at its best. */
function tenTimesTeaching({ own, peers }: Results): Goal {
  const teaching = peers?.[TEACHING]
  const best = (rows: readonly RowResult[] | undefined): number =>
    Math.max(...(rows ?? []).filter(isPublishing).map(({ name }) => rateOf(rows, name) ?? 0))
  const [ours, theirs] = [best(own?.rows), best(teaching?.rows)]
  const reached = ours > 0 && theirs > 0 ? ours / theirs : undefined
  return {
    what: "the teaching system's shape at its best, times",
    wanted: '≥ 10',
    measured: reached?.toFixed(1),
    met: reached !== undefined && reached >= 10,
    note: noteOf(own?.began, teaching?.began),
  }
}

function isPublishing({ name }: RowResult): boolean {
  return name.startsWith('one-') || name.startsWith('pipelined-')
}

function noteOf(ours: string | undefined, theirs: string | undefined): string {
  return ours === undefined || theirs === undefined || ours === theirs ? '' : 'not of one run'
}

function figure(
  { own }: Results,
  options: {
    name: string
    what: string
    of: (run: Measured) => number | undefined
    limit: number
    below: boolean
    show: (value: number) => string
  },
): Goal {
  const { name, what, of, limit, below, show } = options
  const value = medianOf(own?.rows, name, of)
  return {
    what,
    wanted: `${below ? '<' : '≥'} ${show(limit)}`,
    measured: value === undefined ? undefined : show(value),
    met: value !== undefined && (below ? value < limit : value >= limit),
    note: '',
  }
}
