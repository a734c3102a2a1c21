import type { RowResult } from './measured.ts'
import { show, tell } from './output.ts'
import { benchOwn } from './own/own.ts'
import { OWN_ROWS } from './own/rows.ts'
import { benchPeers, PEERS, type PeerResult } from './peers/peers.ts'
import { Profiler } from './profile/profiler.ts'
import { benchRaw } from './raw/raw.ts'
import { speedGoals } from './report/goals.ts'
import { writeReport } from './report/report.ts'
import { type Results, type Session, sessionOf, storeResults } from './report/results.ts'
import { goalTable, sessionText } from './report/speed.ts'
import { processorTable, rateTable } from './tables.ts'

const RAW = 'raw'
/** What is less is not worth keeping. */
const RUNS_MIN = 3
const SECONDS_MIN = 3
/** Of recado and of peers; not every peer has each. */
export const ROWS = [
  ...new Set([...[...OWN_ROWS, ...PEERS.flatMap(({ rows }) => rows)].map(({ name }) => name), RAW]),
]

export interface SpeedOptions {
  /** All unless given. */
  readonly rows?: readonly string[]
  readonly seconds: number
  readonly runs: number
  readonly peers: readonly string[]
  /** Whether recado itself is measured. */
  readonly own: boolean
  /** Names of processes to profile. */
  readonly profile?: readonly string[]
  readonly profiles: string
}

/** Measures recado, bare sockets and peers, and shows it; a run that is whole is stored and written to the page. */
export async function runSpeed(options: SpeedOptions): Promise<void> {
  const { rows = ROWS, runs, seconds, profile } = options
  const load = { rows, runs, ms: seconds * 1000, tell }
  const session = sessionOf(runs, seconds)
  const profiler = profile === undefined ? {} : new Profiler(options.profiles, profile, show)
  const measured = options.own ? await benchOwn({ ...load, ...profiler }) : []
  const raw = options.own && rows.includes(RAW) ? await benchRaw(load) : []
  const own = [...measured, ...raw]
  const peers = await benchPeers({ ...load, peers: options.peers })
  showAll(session, own, peers)
  const isLong = runs >= RUNS_MIN && seconds >= SECONDS_MIN
  const isWhole = options.rows === undefined && isLong && profile === undefined
  const news: Results = {
    ...(options.own && { own: { ...session, rows: own } }),
    peers: Object.fromEntries(peers.map((peer) => [peer.name, { ...session, ...peer }])),
  }
  show(`\n${goalTable(speedGoals(news))}`)
  if (!isWhole)
    return tell(
      `Not stored: that takes all rows, ${RUNS_MIN} runs of ${SECONDS_MIN} s or more, and no profiles`,
    )
  storeResults(news)
  writeReport()
  tell('Stored, and written to docs/benchmarks.md')
}

function showAll(session: Session, own: readonly RowResult[], peers: readonly PeerResult[]): void {
  show(sessionText('Measured', session))
  if (own.length > 0) show(`\nrecado\n\n${rateTable(own)}\n\n${processorTable(own)}`)
  for (const { what, version, rows } of peers) {
    show(`\n${what} (${version})\n\n${rateTable(rows)}\n\n${processorTable(rows, { mainThreads: false })}`)
  }
}
