import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { machineText } from '../../support/machine.ts'
import type { GrowthResult, SoakResult } from '../growth/results.ts'
import type { RowResult } from '../measured.ts'
import type { PeerResult } from '../peers/peers.ts'
import type { SecuredResult } from '../secured.ts'
import type { OperatorResult } from './operator.ts'

const ROOT = join(import.meta.dirname, '../../..')
export const RESULTS = join(ROOT, 'docs/benchmarks/results.json')

/** What was measured, when and where. */
export interface Session {
  /** When it began, in ISO 8601: what has the same one was measured in one run. */
  readonly began: string
  readonly machine: string
  readonly node: string
  /** The commit that was measured. */
  readonly revision: string
  readonly runs: number
  readonly seconds: number
}

export interface Results {
  readonly own?: Session & { readonly rows: readonly RowResult[] }
  /** By the peer's name. */
  readonly peers?: Readonly<Record<string, Session & PeerResult>>
  readonly secured?: Session & SecuredResult
  readonly growth?: Session & GrowthResult
  readonly soak?: Session & SoakResult
  readonly operator?: Session & OperatorResult
}

export function sessionOf(runs: number, seconds: number): Session {
  return {
    began: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    machine: machineText(),
    node: process.version.slice(1),
    revision: revision(),
    runs,
    seconds,
  }
}

function revision(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}

/** What earlier runs stored; nothing when there is nothing. */
export function readResults(): Results {
  return existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results) : {}
}

/** Stores these beside what is there from before, or in its place. */
export function storeResults(news: Results): Results {
  const before = readResults()
  const results: Results = { ...before, ...news, peers: { ...before.peers, ...news.peers } }
  mkdirSync(dirname(RESULTS), { recursive: true })
  const text = JSON.stringify(
    results,
    (_, value: unknown) => (typeof value === 'number' ? short(value) : value),
    1,
  )
  writeFileSync(RESULTS, `${text}\n`)
  return readResults()
}

/** Five digits say more than a measurement does. */
function short(value: number): number {
  return Number(value.toPrecision(5))
}
