import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { GROUPS } from './scenarios/index.ts'
import type { Result } from './table.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const TEST_MS = 90_000
/** So long that a busy machine is told from a broken promise by its words, not by a time-out. */
const RUN_MS = 80_000

const SCENARIOS = GROUPS.flatMap(({ scenarios }) => scenarios)
/** What is run, and in which mode. */
const SHORT: readonly (readonly [name: string, mode: string])[] = [
  ...SCENARIOS.filter(({ short }) => short === true).map(({ name }) => [name, 'open'] as const),
  ...SCENARIOS.filter(({ shortSecured }) => shortSecured === true).map(
    ({ name }) => [name, 'secured'] as const,
  ),
]

/** Runs it in a program of its own, which has a network and mounts of its own where the machine allows that. */
async function run(name: string, mode: string): Promise<Result> {
  const args = [MAIN, '--json', ...(mode === 'secured' ? ['--secured'] : []), '--only', name]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: RUN_MS }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      if (error.stdout?.startsWith('{') === true) return { stdout: error.stdout }
      throw new Error(`The scenario could not be run:\n${error.stderr}`)
    },
  )
  return JSON.parse(stdout) as Result
}

it.for(SHORT)(
  'servers keep their promises when %s, in %s mode',
  { timeout: TEST_MS },
  async ([name, mode], context) => {
    const { outcome, leftOut } = await run(name, mode)
    if (outcome === undefined) {
      if (process.env['CI_RUN'] === '1') throw new Error(`A tool is missing: ${leftOut}`)
      // The reporter counts what is skipped; why, it does not say.
      console.warn(`Skipped: ${leftOut}`)
      return context.skip(leftOut)
    }

    expect(outcome).toMatchObject({ lost: 0, doubled: 0, broken: [] })
    expect(outcome.acknowledged).toBeGreaterThan(0)
  },
)
