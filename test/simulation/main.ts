import { parseArgs } from 'node:util'
import type { FaultName } from './schedule/index.ts'
import { runSeeds, type Summary } from './seeds.ts'

const USAGE = `Runs a whole system under a virtual clock, with faults that one seed decides.

  npm run simulate -- --seed N                          one schedule, told step by step
  npm run simulate -- [--seeds M] [--from K] [--jobs J] M schedules (100,000) from seed K (1), on J processors (all)
  npm run simulate -- --plants                          plants one bug after the other, and writes docs/simulation.md

  --faults NAME[,NAME...]   draws only these kinds of faults
  --plant NAME              plants this bug in the sources as they are loaded; with --seed

Ends with status 1 when anything was found; with --plants when anything was not.
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100000' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string' },
    faults: { type: 'string' },
    plant: { type: 'string' },
    plants: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

process.exitCode = await main()

async function main(): Promise<number> {
  if (values.help === true) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.seed !== undefined) return trace(count(values.seed))
  if (values.plants === true) {
    const { tryAll } = await import('./plants/trials.ts')
    return (await tryAll(tell)).every(({ seeds }) => seeds !== undefined) ? 0 : 1
  }
  // Many schedules run in other processes, whose sources nothing is planted in.
  if (values.plant !== undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  const jobs = values.jobs === undefined ? undefined : count(values.jobs)
  const range = { from: count(values.from), seeds: count(values.seeds) }
  return report(await runSeeds({ ...range, jobs, only: await kinds(), progress: tell }))
}

async function trace(seed: number): Promise<number> {
  // Before anything is loaded that it may change.
  if (values.plant !== undefined) (await import('./plants/planting.ts')).plantBug(values.plant)
  const { runSchedule } = await import('./run.ts')
  const { findings, virtualMs, operations, acknowledged } = await runSchedule(seed, {
    trace: tell,
    only: await kinds(),
  })
  tell(`${operations} operations, ${acknowledged} acknowledgements, ${Math.round(virtualMs)} virtual ms`)
  for (const finding of findings) tell(`FOUND ${finding}`)
  if (findings.length === 0) tell('Nothing was found')
  return findings.length === 0 ? 0 : 1
}

function report({ seeds, found, processorMs, wallMs, virtualMs, operations, acknowledged }: Summary): number {
  const rate = (seeds / processorMs) * 1000
  const which = found.length === 0 ? '' : `: ${found.map(({ seed }) => seed).join(', ')}`
  tell(`${seeds} schedules, ${found.length} with findings${which}`)
  tell(
    `${operations} operations, ${acknowledged} acknowledgements, ${Math.round(virtualMs / 1000)} virtual seconds`,
  )
  tell(`${rate.toFixed(1)} schedules a second on one core; ${(wallMs / 1000).toFixed(1)} s in all`)
  return found.length === 0 ? 0 : 1
}

async function kinds(): Promise<readonly FaultName[] | undefined> {
  if (values.faults === undefined) return undefined
  const { FAULTS } = await import('./schedule/index.ts')
  const names = values.faults.split(',')
  const strange = names.find((name) => !Object.hasOwn(FAULTS, name))
  if (strange !== undefined)
    fail(`There is no fault "${strange}"; there are ${Object.keys(FAULTS).join(', ')}`)
  return names as FaultName[]
}

function count(text: string): number {
  const value = Number(text)
  return Number.isSafeInteger(value) && value > 0 ? value : fail(`"${text}" is no number of at least 1`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
