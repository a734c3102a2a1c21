import { parseArgs } from 'node:util'
import { runSchedule } from './run.ts'
import { runSeeds, type Summary } from './seeds.ts'

const USAGE = `Runs a whole system under a virtual clock, with faults that one seed decides.

  npm run simulate -- --seed N                          one schedule, told step by step
  npm run simulate -- --seeds M [--from K] [--jobs J]   M schedules from seed K (1), on J processors (all)

Ends with status 1 when anything was found.
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string' },
    help: { type: 'boolean' },
  },
})

process.exitCode = await main()

async function main(): Promise<number> {
  if (values.seed !== undefined) return trace(count(values.seed))
  if (values.seeds !== undefined && values.help !== true) {
    const jobs = values.jobs === undefined ? undefined : count(values.jobs)
    return report(
      await runSeeds({ from: count(values.from), seeds: count(values.seeds), jobs, progress: tell }),
    )
  }
  process.stdout.write(USAGE)
  return values.help === true ? 0 : 2
}

async function trace(seed: number): Promise<number> {
  const outcome = await runSchedule(seed, tell)
  const { findings, virtualMs, operations, acknowledged } = outcome
  tell(`${operations} operations, ${acknowledged} acknowledgements, ${Math.round(virtualMs)} virtual ms`)
  for (const finding of findings) tell(`FOUND ${finding}`)
  if (findings.length === 0) tell('Nothing was found')
  return findings.length === 0 ? 0 : 1
}

function report({ seeds, found, processorMs, wallMs, virtualMs, operations, acknowledged }: Summary): number {
  for (const { seed, findings } of found) for (const finding of findings) tell(`seed ${seed}: ${finding}`)
  const rate = (seeds / processorMs) * 1000
  tell(`${seeds} schedules, ${found.length} with findings`)
  tell(
    `${operations} operations, ${acknowledged} acknowledgements, ${Math.round(virtualMs / 1000)} virtual seconds`,
  )
  tell(`${rate.toFixed(1)} schedules a second on one core; ${(wallMs / 1000).toFixed(1)} s in all`)
  return found.length === 0 ? 0 : 1
}

function count(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  process.stderr.write(`"${text}" is no number of at least 1\n`)
  process.exit(2)
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
