import { plantBug } from './planting.ts'

/** What came of one plant. */
export interface Trial {
  readonly plant: string
  /** Schedules until one found it; undefined when none did. */
  readonly seeds: number | undefined
  readonly finding: string
}

/** Run as a process of its own: `plant first-seed most-seeds`. Runs schedules until one finds the bug; prints a Trial. */
const [plant = '', from = '1', most = '1'] = process.argv.slice(2)
const { assertPlanted } = plantBug(plant)
const { runSchedule } = await import('../run.ts')
assertPlanted()

let trial: Trial = { plant, seeds: undefined, finding: '' }
for (let seed = Number(from); seed < Number(from) + Number(most); seed++) {
  const { findings } = await runSchedule(seed)
  const [finding] = findings
  if (finding === undefined) continue
  trial = { plant, seeds: seed - Number(from) + 1, finding }
  break
}
process.stdout.write(`${JSON.stringify(trial)}\n`)
