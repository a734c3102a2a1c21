import { plantBug } from './planting.ts'

/** What came of one plant. */
export interface Trial {
  readonly plant: string
  /** Schedules until one found it; absent when none did. */
  readonly seeds?: number
  readonly finding?: string
}

/** Run as a process of its own: `plant most-seeds`. Runs schedules from seed 1 until one finds the bug; prints a Trial. */
const [name = '', most = '1'] = process.argv.slice(2)
const { plant, assertPlanted } = plantBug(name)
const { runSchedule } = await import('../run.ts')
assertPlanted()

let trial: Trial = { plant: name }
for (let seed = 1; seed <= Number(most); seed++) {
  const { findings } = await runSchedule(seed, { only: plant.faults, but: plant.but })
  const finding = findings.find((each) => plant.finds === undefined || each.includes(plant.finds))
  if (finding === undefined) continue
  trial = { plant: name, seeds: seed, finding }
  break
}
process.stdout.write(`${JSON.stringify(trial)}\n`)
