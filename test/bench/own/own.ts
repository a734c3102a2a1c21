import { startSystem } from '../../support/system.ts'
import type { RowResult } from '../measured.ts'
import { OWN_ROWS, type OwnRow, type Session } from './rows.ts'

export interface OwnOptions {
  /** Names of rows. */
  readonly rows: readonly string[]
  readonly runs: number
  readonly ms: number
  readonly around?: Session['around']
  readonly env?: Session['env']
  readonly tell: (progress: string) => void
}

/** Measures these rows, each so often. Every run is a system of its own: new processes, empty folders. */
export async function benchOwn(options: OwnOptions): Promise<RowResult[]> {
  return (await benchModes(options, ['open'])).open
}

export type Mode = 'open' | 'secured'

/** Measures these rows in several modes, one after the other in each run. */
export async function benchModes(
  options: OwnOptions,
  modes: readonly Mode[],
): Promise<Record<Mode, RowResult[]>> {
  const rows = OWN_ROWS.filter(({ name }) => options.rows.includes(name))
  const empty = () => rows.map(({ name, what }) => ({ name, what, runs: [] as RowResult['runs'][number][] }))
  const results = { open: empty(), secured: empty() }
  for (let run = 1; run <= options.runs && rows.length > 0; run++) {
    for (const mode of modes) {
      for (const [index, measured] of (await runOnce(options, rows, run, mode)).entries()) {
        results[mode][index]?.runs.push(measured)
      }
    }
  }
  return results
}

async function runOnce(
  options: OwnOptions,
  rows: readonly OwnRow[],
  run: number,
  mode: Mode,
): Promise<RowResult['runs']> {
  const { ms, env = () => ({}), around, tell } = options
  const system = await startSystem({
    servers: 3,
    secured: mode === 'secured',
    env: (name) => ({ LOG_LEVEL: 'warn', ...env(name) }),
  })
  try {
    await system.ready()
    const session: Session = { system, ms, env, ...(around !== undefined && { around }) }
    const measured: RowResult['runs'][number][] = []
    for (const row of rows) {
      tell(`run ${run} of ${options.runs}, ${mode}: ${row.what}`)
      measured.push(await row.measure(session))
    }
    return measured
  } finally {
    await system.stop()
  }
}
