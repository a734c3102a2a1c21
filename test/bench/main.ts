import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { benchOwn } from './own/own.ts'
import { OWN_ROWS } from './own/rows.ts'
import { benchPeers, PEERS } from './peers/peers.ts'
import { Profiler } from './profile/profiler.ts'
import { benchRaw } from './raw/raw.ts'
import { processorTable, rateTable } from './tables.ts'

const RAW = 'raw'
const PEER_NAMES = PEERS.map(({ name }) => name)
const NAMES = [...OWN_ROWS.map(({ name }) => name), RAW]

interface Options {
  /** All unless given. */
  readonly rows?: readonly string[]
  readonly seconds: number
  readonly runs: number
  /** True for all. */
  readonly peers?: readonly string[] | true
  readonly profile?: readonly string[]
  readonly profiles: string
}

const program = new Command('npm run bench --')
  .description('Measures a real system of three servers on this machine')
  .option('--rows <names>', `only these, separated by commas: ${NAMES.join(', ')}`, namesOf)
  .option('--seconds <n>', 'how long each row is measured', positive, 4)
  .option('--runs <n>', 'how often; medians are shown', positive, 3)
  .option('--peers [names]', `measure peers too, these or all: ${PEER_NAMES.join(', ')}`, list)
  .option(
    '--profile <names>',
    'profile these processes while a row is measured, as server,broker,publisher',
    list,
  )
  .option('--profiles <folder>', 'where profiles are stored', join(tmpdir(), 'recado-profiles'))
  .action(bench)

await program.parseAsync()

async function bench({ rows: given, seconds, runs, profile, profiles, peers = [] }: Options): Promise<void> {
  const tell = (progress: string): void => void process.stderr.write(`${progress}\n`)
  const rows = given ?? NAMES
  const ms = seconds * 1000
  const show = (text: string): void => void process.stdout.write(`${text}\n`)
  const profiler = profile === undefined ? {} : new Profiler(profiles, profile, show)
  const own = await benchOwn({ rows, runs, ms, tell, ...profiler })
  const raw = rows.includes(RAW) ? await benchRaw({ runs, ms, tell }) : []
  const names = peers === true ? PEER_NAMES : peers
  const others = await benchPeers({ peers: names, runs, ms, tell, ...(given && { rows: given }) })
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`
  process.stdout.write(`${machine}, messages of 128 bytes, medians of ${runs} runs of ${seconds} s\n\n`)
  process.stdout.write(`${rateTable([...own, ...raw])}\n\n`)
  for (const { what, version, rows: measured } of others)
    show(`${what}, ${version}:\n\n${rateTable(measured)}\n`)
  process.stdout.write(`Processor time in % of one core, the main thread's in brackets:\n\n`)
  process.stdout.write(`${processorTable(own)}\n`)
  for (const { what, rows: measured } of others) show(`\n${what}:\n\n${processorTable(measured)}`)
}

function list(value: string): string[] {
  return value.split(',')
}

function namesOf(value: string): string[] {
  const names = value.split(',')
  const unknown = names.find((name) => !NAMES.includes(name))
  if (unknown === undefined) return names
  throw new InvalidArgumentError(`"${unknown}" is no row; there are ${NAMES.join(', ')}.`)
}

function positive(value: string): number {
  const number = Number(value)
  if (number > 0 && Number.isFinite(number)) return number
  throw new InvalidArgumentError('Expected a number above 0.')
}
