import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { replaceSection } from '../../support/sections.ts'
import { PLANTS, type Plant } from './plants.ts'
import type { Trial } from './try.ts'

const TRY = fileURLToPath(new URL('try.ts', import.meta.url))
const PAGE = fileURLToPath(new URL('../../../docs/simulation.md', import.meta.url))
const COMMAND = 'npm run simulate -- --plants'
/** Schedules after which a plant counts as not found. */
export const TRIES_MAX = 500

/** Tries one plant in a process of its own. Rejects when it cannot be planted. */
export async function tryPlant({ name }: Plant): Promise<Trial> {
  const { stdout } = await promisify(execFile)(process.execPath, [TRY, name, String(TRIES_MAX)])
  return JSON.parse(stdout) as Trial
}

/** Tries all plants, tells of each, and writes the table of docs/simulation.md. */
export async function tryAll(tell: (line: string) => void): Promise<readonly Trial[]> {
  const trials: Trial[] = []
  for (const plant of PLANTS) {
    const trial = await tryPlant(plant)
    trials.push(trial)
    tell(`${plant.name}: ${trial.seeds === undefined ? 'NOT FOUND' : `${trial.seeds}, ${trial.finding}`}`)
  }
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, 'utf8'), 'plants', COMMAND, tableOf(trials)))
  return trials
}

/** The rows of the table in docs/simulation.md: each plant's name and schedules. */
export function rowsInDocs(): ReadonlyMap<string, string> {
  const [, rest = ''] = readFileSync(PAGE, 'utf8').split('<!-- Begin of plants')
  const [table = ''] = rest.split('<!-- End of plants')
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  return new Map(
    rows
      .map((row) => row.split('|').map((cell) => cell.trim()))
      .map((cells) => [cells[1] ?? '', cells[4] ?? '']),
  )
}

function tableOf(trials: readonly Trial[]): string {
  const rows = PLANTS.map(({ name, what, faults, but = {} }) => {
    const seeds = trials.find(({ plant }) => plant === name)?.seeds
    const drawn = faults === undefined ? 'all' : faults.map((fault) => `\`${fault}\``).join(', ')
    const systems = Object.entries(but).map(([key, value]) => `; \`${key}\`: ${JSON.stringify(value)}`)
    return `| \`${name}\` | ${what} | ${drawn}${systems.join('')} | ${seeds ?? `none of ${TRIES_MAX}`} |`
  })
  return [
    '| bug | what the planted code does | faults drawn | found by schedule |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}
