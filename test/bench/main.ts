import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { runGrowth, runSoak } from './growth/run.ts'
import { OWN_ROWS } from './own/rows.ts'
import { PEERS } from './peers/peers.ts'
import { writeReport } from './report/report.ts'
import { runSecured } from './secured.ts'
import { ROWS, runSpeed } from './speed.ts'

const OWN_NAMES = OWN_ROWS.map(({ name }) => name)
const PEER_NAMES = PEERS.map(({ name }) => name)

const program = new Command('npm run bench --')
  // What stands behind a command is its own, though the names be the same.
  .enablePositionalOptions()
  .description(
    'Measures a real system of three servers on this machine. A run of all rows, three times or more, is stored in docs/benchmarks and shown in docs/benchmarks.md.',
  )
  .addOption(new Option('--rows <names>', `only these: ${ROWS.join(', ')}`).argParser(listOf(ROWS)))
  .option('--seconds <n>', 'how long each row is measured', positive, 4)
  .option('--runs <n>', 'how often; medians are shown', positive, 3)
  .addOption(
    new Option('--peers [names]', `measure peers too, all or these: ${PEER_NAMES.join(', ')}`).argParser(
      listOf(PEER_NAMES),
    ),
  )
  .option('--no-own', 'leave out recado and bare sockets: for peers alone')
  .option(
    '--profile <names>',
    'profile these processes while a row is measured: server,broker,publisher',
    list,
  )
  .option('--profiles <folder>', 'where profiles are stored', join(tmpdir(), 'recado-profiles'))
  .action(async ({ peers = [], ...options }) => {
    await runSpeed({ ...options, peers: peers === true ? PEER_NAMES : peers })
  })

program
  .command('secured')
  .description('measure secured mode beside open mode, in turn in each run')
  .addOption(new Option('--rows <names>', `only these: ${OWN_NAMES.join(', ')}`).argParser(listOf(OWN_NAMES)))
  .option('--seconds <n>', 'how long each row is measured', positive, 4)
  .option('--runs <n>', 'how often; medians are shown', positive, 3)
  .option('--profile <names>', 'profile these processes, of secured systems alone', list)
  .option('--profiles <folder>', 'where profiles are stored', join(tmpdir(), 'recado-profiles'))
  .action(async (options) => runSecured(options))

program
  .command('growth')
  .description('measure starts, memory, speed and a snapshot with many operations stored')
  .option('--operations <n>', 'how many', positive, 1_000_000)
  .option('--seconds <n>', 'how long throughput is measured', positive, 4)
  .option('--runs <n>', 'how often; medians are shown', positive, 3)
  .option('--batch <n>', 'only operations with so many in a batch: 100 or 1', positive)
  .option('--folders <folder>', 'where to make the folders of operations, and to find them the next time')
  .action(async (options) => runGrowth(options))

program
  .command('soak')
  .description('show the memory of each process by the minute under a steady load')
  .argument('[minutes]', 'how long', positive, 10)
  .option('--rate <n>', 'publications a second', positive, 2000)
  .action(async (minutes: number, { rate }: { rate: number }) => runSoak(minutes, rate))

program
  .command('report')
  .description('write docs/benchmarks.md and its pictures again from what is stored')
  .action(writeReport)

await program.parseAsync()

function list(value: string): string[] {
  return value.split(',')
}

function listOf(known: readonly string[]): (value: string) => string[] {
  return (value) => {
    const unknown = list(value).find((name) => !known.includes(name))
    if (unknown === undefined) return list(value)
    throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(', ')}.`)
  }
}

function positive(value: string): number {
  const number = Number(value)
  if (number > 0 && Number.isFinite(number)) return number
  throw new InvalidArgumentError('Expected a number above 0.')
}
