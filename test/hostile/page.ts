import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { machineText } from '../support/machine.ts'
import { replaceSection } from '../support/sections.ts'
import { table } from '../support/table.ts'
import type { Tally } from './attacker.ts'

const PAGE = fileURLToPath(new URL('../../docs/hostile-input.md', import.meta.url))

const COMMAND = 'npm run test:hostile'
const COUNTS: readonly ((tally: Tally) => number)[] = [
  ({ changed }) => changed,
  ({ own }) => own,
  ({ ways }) => ways.none ?? 0,
  ({ ways }) => ways.raw ?? 0,
]

/** What a flood, or idle connections, did to a client beside it. */
export interface Pressure {
  readonly what: string
  /** 99th percentiles over the same alone, medians of the rounds: while it begins, and while it lasts. */
  readonly first: number | undefined
  readonly lasting: number
  /** MiB of the process that had most. */
  readonly memory: number
}

/** The page with what was measured under pressure; what is not below `bound` stands out. */
export function withPressure(
  page: string,
  results: readonly Pressure[],
  rounds: number,
  bound: number,
): string {
  const times = (ratio: number | undefined): string => {
    if (ratio === undefined) return ''
    return ratio < bound ? ratio.toFixed(1) : `**${ratio.toFixed(1)}**`
  }
  const heads = ['beside', 'first 2 s', 'then', 'most memory of a process, MiB']
  const rows = results.map(({ what, first, lasting, memory }) => [
    what,
    times(first),
    times(lasting),
    memory.toFixed(0),
  ])
  return replaceSection(
    page,
    'pressure',
    COMMAND,
    `${when()}, medians of ${rounds} rounds.\n\n${table(heads, rows)}`,
  )
}

/** The page with what was sent to each port. */
export function withMessages(page: string, tallies: readonly Tally[], seed: number): string {
  const heads = ['port', 'differ from a valid one', 'of these in its own name', 'valid', 'no message at all']
  const count = (number: number): string => number.toLocaleString('en-US')
  const ports = Map.groupBy(tallies, ({ kind, clients }) =>
    clients === undefined ? kind : `${kind}, registered`,
  )
  const rows = [...ports].map(([port, some]) => {
    const sums = COUNTS.map((of) => some.reduce((sum, tally) => sum + of(tally), 0))
    return [some.length > 1 ? `${port} (${some.length})` : port, ...sums.map(count)]
  })
  const all = count(tallies.reduce((sum, { changed }) => sum + changed, 0))
  const text = `${when()}, \`HOSTILE_SEED=${seed}\`: ${all} messages that differ from a valid one.`
  return replaceSection(page, 'messages', COMMAND, `${text}\n\n${table(heads, rows)}`)
}

function when(): string {
  return `${new Date().toISOString().slice(0, 10)}, ${machineText()}, Node ${process.version}`
}

/** Replaces the page by what `change` makes of it. */
export function changePage(change: (page: string) => string): void {
  writeFileSync(PAGE, change(readFileSync(PAGE, 'utf8')))
}
