import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ROOT } from '../tidy/tree.ts'
import { Kept } from './kept.ts'
import type { Findings, Need, Scenario } from './scenario.ts'
import { GROUPS } from './scenarios/index.ts'
import { pageOf, type Result, row } from './table.ts'
import { hasTools, type Mode, type OwnWorld, openWorld } from './world.ts'

/**
 * Runs scenarios on a real Kubernetes: the one that ../shared/cluster makes on this machine, or, with RECADO_IMAGE, the one that
 * KUBECONFIG names; RECADO_IMAGE is the image that it has or can pull, and with a comma behind another to change to. RECADO_NAMESPACE:
 * where the operator is, or is to be.
 * Without arguments all, and writes docs/kubernetes-reliability.md; `--only TEXT` that of this name, or those whose names
 * hold the text; `--short` the short form; `--list` none. `--keep` leaves the operator installed. `--mode open` or `secured`: that
 * of all clusters, instead of the resource's default; the page is not written then. With
 * `--results FILE` what each came to is kept there, and a run that was cut short goes on where it was.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    short: { type: 'boolean' },
    list: { type: 'boolean' },
    keep: { type: 'boolean' },
    results: { type: 'string' },
    mode: { type: 'string' },
  },
})
const PAGE = join(ROOT, 'docs', 'kubernetes-reliability.md')
/** So long may a scenario take to end that ran into its deadline: longer than any one of its waits. */
const ENDING_MS = 16 * 60_000
const mode = modeOf(values.mode)
const kept = new Kept(values.results, mode)
const NAMES = GROUPS.flatMap(({ scenarios }) => scenarios.map(({ name }) => name))

function modeOf(given: string | undefined): Mode | undefined {
  if (given === undefined || given === 'open' || given === 'secured') return given
  throw new RangeError(`"${given}" is no mode: open or secured`)
}

function isWanted({ name, short }: Scenario): boolean {
  if (values.short === true && short !== true) return false
  if (values.only === undefined) return true
  return values.only.some((text) => (NAMES.includes(text) ? name === text : name.includes(text)))
}

async function findingsOf(scenario: Scenario, world: OwnWorld): Promise<Findings> {
  const over = world
    .begin(scenario)
    .then(() => scenario.run(world))
    .catch((error: unknown) => ({ broken: [error instanceof Error ? error.message : String(error)] }))
  const found = await within(scenario.deadlineMs, over)
  if (found !== undefined) return found
  const late = `It was not over after ${scenario.deadlineMs / 1000} s`
  world.tell(late)
  // Nothing else may begin while it still does things to the cluster; each of its waits has a deadline of its own.
  const { broken } = (await within(ENDING_MS, over)) ?? {}
  if (broken === undefined) throw new Error(`${late}, and does not end: ${scenario.name}`)
  return { broken: [late, ...broken] }
}

/** What it comes to; undefined when that takes longer. */
async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  const over = new AbortController()
  const deadline = delay(ms, undefined, { signal: over.signal }).catch(() => undefined)
  try {
    return await Promise.race([promise, deadline])
  } finally {
    over.abort()
  }
}

/** Why the cluster has not what a scenario needs; undefined when it has. */
function lacking(need: Need, { machine, image, other }: OwnWorld): string | undefined {
  if (need === 'machine') return machine === undefined ? 'the nodes are not this machine’s' : undefined
  return image.tag === other.tag ? 'RECADO_IMAGE names no second image to change to' : undefined
}

async function resultOf(scenario: Scenario, world: OwnWorld): Promise<Result> {
  const { name, says } = scenario
  const about = { name, says, tag: world.image.tag, at: new Date().toISOString(), mode }
  const leftOut = scenario.needs?.map((need) => lacking(need, world)).find((why) => why !== undefined)
  if (leftOut !== undefined) return { ...about, leftOut, seconds: 0 }
  const known = kept.get(name)
  if (known !== undefined) return known
  const begun = performance.now()
  const found = await findingsOf(scenario, world)
  const seconds = (performance.now() - begun) / 1000
  const after = await world
    .end(scenario)
    .catch((error: unknown) => [`It could not be ended: ${String(error)}`])
  const result = { ...about, findings: { ...found, broken: [...found.broken, ...after] }, seconds }
  kept.add(result)
  return result
}

async function runAll(world: OwnWorld): Promise<Result[]> {
  const results: Result[] = []
  for (const scenario of GROUPS.flatMap(({ scenarios }) => scenarios).filter(isWanted)) {
    const result = await resultOf(scenario, world)
    results.push(result)
    process.stdout.write(`${row(result)}\n`)
    for (const broken of result.findings?.broken ?? []) process.stderr.write(`Broken: ${broken}\n`)
  }
  return results
}

function statusOf(results: readonly Result[]): number {
  const broken = results.filter(({ findings }) => findings !== undefined && findings.broken.length > 0)
  const ran = results.filter(({ findings }) => findings !== undefined)
  process.stdout.write(
    `On Kubernetes: ${ran.length - broken.length} kept what they promise, ${broken.length} broke it, ${results.length - ran.length} left out\n`,
  )
  for (const { name } of broken) process.stderr.write(`Broken by: ${name}\n`)
  return broken.length > 0 || ran.length === 0 ? 1 : 0
}

async function main(): Promise<number> {
  if (values.list === true) {
    process.stdout.write(`${NAMES.join('\n')}\n`)
    return 0
  }
  const reason = hasTools()
  if (reason !== undefined) {
    process.stderr.write(`No Kubernetes to run on: ${reason}; or give KUBECONFIG and RECADO_IMAGE\n`)
    return 2
  }
  const world = await openWorld(mode)
  try {
    const results = await runAll(world)
    if (results.length === 0) throw new RangeError(`No scenario is called ${values.only?.join(' or ')}`)
    const isWhole = values.only === undefined && values.short !== true && mode === undefined
    if (isWhole) writeFileSync(PAGE, pageOf(GROUPS, results, await world.version()))
    return statusOf(results)
  } finally {
    await world.close({ keep: values.keep === true })
  }
}

process.exit(await main())
