import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../tidy/tree.ts'
import { runIsolated } from './isolation.ts'
import { Kept } from './kept.ts'
import { missing } from './needs.ts'
import { runScenario } from './run.ts'
import type { Conditions, Group, Scenario } from './scenario.ts'
import { GROUPS } from './scenarios/index.ts'
import { pageWith, type Result, row } from './table.ts'

/**
 * Runs scenarios on real processes. Without arguments all, and writes docs/reliability.md; `--only TEXT` that of this name,
 * or those whose names hold the text; `--list` none. `--secured` runs them in secured mode. `--seed N` decides where damage
 * comes and whom faults at random strike, `--json` gives outcomes for programs, and `--log FILE` keeps what all processes
 * said. With `--keep FILE`, and the same seed, a run that was cut short goes on where it was.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    secured: { type: 'boolean', default: false },
    seed: { type: 'string' },
    json: { type: 'boolean' },
    log: { type: 'string' },
    keep: { type: 'string' },
  },
})
const PAGE = join(ROOT, 'docs', 'reliability.md')
/** Lines of the processes' logs that are shown of a scenario which broke a promise. */
const LOG_LINES = 40
const seed = Number(values.seed ?? 1 + Math.floor(Math.random() * 1e9))
if (!Number.isSafeInteger(seed)) throw new RangeError('--seed takes a whole number')
const conditions: Conditions = { seed, secured: values.secured }
const kept = new Kept(values.keep, conditions)

const NAMES = GROUPS.flatMap(({ scenarios }) => scenarios.map(({ name }) => name))

function isWanted({ name }: Scenario): boolean {
  if (values.only === undefined) return true
  return values.only.some((text) => (NAMES.includes(text) ? name === text : name.includes(text)))
}

function keepLog(name: string, log: string, isBroken: boolean): void {
  if (values.log !== undefined) appendFileSync(values.log, `${name}\n${log}\n`)
  else if (isBroken) process.stderr.write(`${log.split('\n').slice(-LOG_LINES).join('\n')}\n`)
}

async function resultOf(group: Group, scenario: Scenario): Promise<Result> {
  const leftOut = group.needs.map(missing).find((reason) => reason !== undefined)
  const { name } = scenario
  if (leftOut !== undefined) return { group, name, leftOut }
  const known = kept.get(name)
  if (known !== undefined) return { group, name, outcome: known }
  const outcome = await runScenario(scenario, conditions, (log, isBroken) => keepLog(name, log, isBroken))
  kept.add(outcome)
  return { group, name, outcome }
}

/** Runs what is wanted, one after the other, and tells each result at once. */
async function runAll(): Promise<Result[]> {
  const results: Result[] = []
  for (const group of GROUPS) {
    for (const scenario of group.scenarios.filter(isWanted)) {
      const result = await resultOf(group, scenario)
      results.push(result)
      process.stdout.write(
        values.json === true ? `${JSON.stringify({ ...result, group: group.title })}\n` : `${row(result)}\n`,
      )
      for (const broken of result.outcome?.broken ?? []) process.stderr.write(`Broken: ${broken}\n`)
    }
  }
  return results
}

/** What stands at the end: 1 when a promise was broken, or what must not be left out was. */
function statusOf(results: readonly Result[]): number {
  const left = results.filter(({ leftOut }) => leftOut !== undefined)
  if (left.length > 0)
    process.stderr.write(`Left out: ${left.length} scenarios, for want of what they need\n`)
  const broken = results.filter(({ outcome }) => outcome !== undefined && outcome.broken.length > 0)
  for (const { name } of broken)
    process.stderr.write(`Broken by: ${name} (--seed ${seed}${values.secured ? ' --secured' : ''})\n`)
  return broken.length > 0 || (left.length > 0 && process.env['CI_RUN'] === '1') ? 1 : 0
}

async function main(): Promise<number> {
  if (values.list === true) {
    process.stdout.write(`${NAMES.join('\n')}\n`)
    return 0
  }
  const status = await runIsolated()
  if (status !== undefined) return status
  const results = await runAll()
  if (results.length === 0) throw new RangeError(`No scenario is called ${values.only?.join(' or ')}`)
  if (values.only === undefined)
    writeFileSync(PAGE, pageWith(readFileSync(PAGE, 'utf8'), results, { ...conditions, date: new Date() }))
  return statusOf(results)
}

process.exit(await main())
