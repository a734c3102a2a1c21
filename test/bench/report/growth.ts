import { table } from '../../support/table.ts'
import type { ShapeResult, SoakResult } from '../growth/results.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { whole } from '../tables.ts'
import type { Goal } from './goals.ts'
import { lineChart } from './line-chart.ts'
import type { Results } from './results.ts'
import { goalTable, sessionText } from './speed.ts'

export const SOAK_CHART = 'benchmarks/soak.svg'
/** Flat is what grows by no more than this part between the first and the last minutes that are compared. */
const FLAT = 0.1
const COMPARED_MINUTES = 3

export function growthSection({ growth }: Results): string {
  if (growth === undefined) return 'Nothing has been measured yet.'
  const { shapes } = growth
  return [
    sessionText('recado', growth),
    ...shapes.flatMap((shape) => [
      `### ${whole(shape.operations)} operations ${shape.what}`,
      goalTable(growthGoals(shape)),
      detailTable(shape),
    ]),
  ].join('\n\n')
}

export function soakSection({ soak }: Results): string {
  if (soak === undefined) return 'Nothing has been measured yet.'
  const { minutes, perSecond, acknowledged, failed, memory } = soak
  const names = Object.keys(memory[0] ?? {})
  return [
    `${sessionText('recado', soak, '')} Publications at ${whole(perSecond)} a second for ${minutes} minutes: ${whole(acknowledged)} acknowledged, ${whole(failed)} failed.`,
    `![Anonymous memory of each process by the minute](${SOAK_CHART})`,
    goalTable(soakGoals(soak)),
    table(
      ['anonymous memory in MiB after minute', ...names],
      memory
        .map((at, index) => [String(index + 1), ...names.map((name) => (at[name] ?? 0).toFixed(0))])
        .filter((_, index) => isShown(index + 1, minutes)),
    ),
  ].join('\n\n')
}

export function soakChart({ memory }: SoakResult): string {
  const names = Object.keys(memory[0] ?? {})
  const lines = names.map((name) => ({ name, values: memory.map((at) => at[name] ?? 0) }))
  return lineChart('Anonymous memory by the minute', lines, 'MiB')
}

export function growthGoals(shape: ShapeResult): Goal[] {
  const { restarted, memoryReady, memoryLoaded, perSecond, perSecondFew, few, snapshot } = shape
  const kept = perSecond.median / perSecondFew.median
  return [
    goal(
      'a server is ready after its start, the others running: the slowest',
      restarted.max / 1000,
      3,
      's',
      1,
    ),
    goal('anonymous memory of a server after its start: the most', memoryReady.max, 300, 'MiB', 0),
    goal('the same after load at full speed', memoryLoaded.max, 300, 'MiB', 0),
    goal(
      'the same of an emptied server that has taken all under load',
      snapshot.memory['server-3'] ?? 0,
      300,
      'MiB',
      0,
    ),
    atLeast(`of the throughput with ${whole(few)} stored`, kept, 0.9),
    goal(
      'an emptied server is ready again, the others under load: the slowest',
      snapshot.tookMs.max / 1000,
      30,
      's',
      1,
    ),
    atLeast('of their throughput that the others keep meanwhile', snapshot.kept.median, 0.7),
  ]
}

export function soakGoals({ memory }: SoakResult): Goal[] {
  return Object.keys(memory[0] ?? {}).map((name) => {
    // The first minute is the start's; then as many minutes at both ends are compared as there are, up to three.
    const values = memory.slice(1).map((at) => at[name] ?? 0)
    const compared = Math.min(COMPARED_MINUTES, Math.floor(values.length / 2))
    const [first, last] = [values.slice(0, compared), values.slice(-compared)].map(
      (part) => spreadOf(part).median,
    )
    if (compared === 0 || first === undefined || last === undefined) {
      return {
        what: `${name}: memory is flat`,
        wanted: flat(FLAT),
        measured: undefined,
        met: false,
        note: '',
      }
    }
    return {
      what: `${name}: memory after the first minutes and in the last`,
      wanted: flat(FLAT),
      measured: `${first.toFixed(0)} MiB, ${last.toFixed(0)} MiB`,
      met: last <= first * (1 + FLAT),
      note: '',
    }
  })
}

function flat(part: number): string {
  return `≤ + ${part * 100} %`
}

function goal(what: string, value: number, limit: number, unit: string, digits: number): Goal {
  return {
    what,
    wanted: `< ${limit} ${unit}`,
    measured: `${value.toFixed(digits)} ${unit}`,
    met: value < limit,
    note: '',
  }
}

function atLeast(what: string, value: number, limit: number): Goal {
  return {
    what,
    wanted: `≥ ${limit * 100} %`,
    measured: `${(value * 100).toFixed(0)} %`,
    met: value >= limit,
    note: '',
  }
}

function detailTable({
  size,
  ready,
  restarted,
  memoryReady,
  memoryLoaded,
  perSecond,
  ...shape
}: ShapeResult): string {
  const { few, readyFew, perSecondFew, snapshot } = shape
  const row = (what: string, { median, min, max }: Spread, show: (value: number) => string): string[] => [
    what,
    ...[median, min, max].map(show),
  ]
  const one = (what: string, value: number): string[] => [what, whole(value), '', '']
  return table(
    ['', 'median', 'min', 'max'],
    [
      one("a server's folder, MiB", size),
      row('ms from the start of one server to ready', restarted, whole),
      row('ms from the start of the whole system at once to ready', ready, whole),
      row(`the same with ${whole(few)} stored`, readyFew, whole),
      row('anonymous memory, MiB: at rest after the start', memoryReady, whole),
      row('anonymous memory, MiB: after the load', memoryLoaded, whole),
      row('publications a second, 1,000 in flight', perSecond, whole),
      row(`publications a second with ${whole(few)} stored`, perSecondFew, whole),
      row('ms until the emptied third server is ready', snapshot.tookMs, whole),
      row('publications a second of two servers, before the third starts', snapshot.perSecondBefore, whole),
      row('publications a second while the emptied third takes all', snapshot.perSecondDuring, whole),
      row('the same in % of what it was before, in each run', snapshot.kept, (part) =>
        (part * 100).toFixed(0),
      ),
      row('publications a second of all three after that', snapshot.perSecondAfter, whole),
      ...Object.entries(snapshot.memory).map(([name, value]) =>
        one(
          `most anonymous memory when it is ready and 5 s later, MiB: ${name}${name === 'server-3' ? ' (was emptied)' : ''}`,
          value,
        ),
      ),
    ],
  )
}

/** Each minute of a short run, twenty or so of a long one. */
function isShown(minute: number, minutes: number): boolean {
  const step = Math.ceil(minutes / 20)
  return minute === 1 || minute === minutes || minute % step === 0
}
