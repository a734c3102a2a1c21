import { isMap, isName, type Voters } from '../wire/index.ts'

/** Where ref keeps what it may not forget: one file, replaced whole and flushed before `write` returns. */
export interface RecordFile {
  read(): Uint8Array | undefined
  write(bytes: Uint8Array): void
}

/** What `ref_servers.json` holds. */
export interface RefRecord {
  readonly cluster: string
  /** Each server's rank, from 1; never given twice. */
  ranks: Record<string, number>
  /** The newest process of each server that ref knows. */
  processes: Record<string, { incarnation: number; uid?: string }>
  voters: Voters
  /** The names of the list before. */
  former: readonly string[]
  /** The newest report of an operator; `wanted` absent while there was none. */
  term: number
  sequence: number
  wanted?: readonly string[]
}

export function emptyRecord(cluster: string): RefRecord {
  const voters = { epoch: 0, names: [] }
  return { cluster, ranks: byName({}), processes: byName({}), voters, former: [], term: 0, sequence: 0 }
}

export function renderRecord(record: RefRecord): Uint8Array {
  return Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`)
}

/** The record in a file's bytes; undefined when they hold none, so that ref learns it anew from the servers. */
export function parseRecord(bytes: Uint8Array): RefRecord | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (!isRecord(value)) return undefined
    return { ...value, ranks: byName(value.ranks), processes: byName(value.processes) }
  } catch {
    return undefined
  }
}

/** A copy without a prototype: `constructor` is a name like any other. */
function byName<Value>(values: Record<string, Value>): Record<string, Value> {
  return Object.assign(Object.create(null), values)
}

function isRecord(value: unknown): value is RefRecord {
  if (!isMap(value)) return false
  const { cluster, ranks, processes, voters, former, term, sequence, wanted } = value
  return (
    typeof cluster === 'string' &&
    isMap(ranks) &&
    Object.entries(ranks).every(([name, rank]) => isName(name) && isCount(rank)) &&
    isMap(processes) &&
    Object.entries(processes).every(
      ([name, each]) => isName(name) && isMap(each) && isCount(each['incarnation']),
    ) &&
    isMap(voters) &&
    isCount(voters['epoch']) &&
    areNames(voters['names']) &&
    (voters['next'] === undefined || areNames(voters['next'])) &&
    areNames(former) &&
    isCount(term) &&
    isCount(sequence) &&
    (wanted === undefined || areNames(wanted))
  )
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every(isName)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
