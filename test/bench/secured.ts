import type { RowResult } from './measured.ts'
import { show, tell } from './output.ts'
import { benchModes } from './own/own.ts'
import { Profiler } from './profile/profiler.ts'
import { writeReport } from './report/report.ts'
import { sessionOf, storeResults } from './report/results.ts'
import { securedSection } from './report/secured.ts'

/** What is less is not worth keeping. */
const RUNS_MIN = 3
const SECONDS_MIN = 3
/** What is measured unless rows are named. */
const ROWS = ['one-8', 'pipelined-1000', 'pipelined-4x256', 'deliveries']

/** The same rows of open and of secured systems, measured in turn. */
export interface SecuredResult {
  readonly open: readonly RowResult[]
  readonly secured: readonly RowResult[]
}

export interface SecuredOptions {
  readonly rows?: readonly string[]
  readonly seconds: number
  readonly runs: number
  /** Names of processes to profile, in secured mode. */
  readonly profile?: readonly string[]
  readonly profiles: string
}

/** Measures secured mode beside open mode, and shows it; a run that is whole is stored and written to the page. */
export async function runSecured(options: SecuredOptions): Promise<void> {
  const { rows = ROWS, runs, seconds, profile, profiles } = options
  const session = sessionOf(runs, seconds)
  const profiler = profile === undefined ? {} : new Profiler(profiles, profile, show)
  const modes = profile === undefined ? (['open', 'secured'] as const) : (['secured'] as const)
  const measured: SecuredResult = await benchModes(
    { rows, runs, ms: seconds * 1000, tell, ...profiler },
    modes,
  )
  const secured = { ...session, ...measured }
  show(securedSection({ secured }))
  if (options.rows !== undefined || runs < RUNS_MIN || seconds < SECONDS_MIN || profile !== undefined)
    return tell(
      `Not stored: that takes all rows, ${RUNS_MIN} runs of ${SECONDS_MIN} s or more, and no profiles`,
    )
  storeResults({ secured })
  writeReport()
  tell('Stored, and written to docs/benchmarks.md')
}
