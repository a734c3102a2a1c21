import { performance } from 'node:perf_hooks'
import { type Command, Option } from 'commander'
import type { Acks, Client } from '../client/index.ts'
import { CLIENT_WINDOW, isName, MESSAGE_BYTES_MAX, RecadoError } from '../wire/index.ts'
import { type Context, openClient } from './context.ts'
import { writeRows } from './output.ts'

interface Flags {
  readonly clients: string
  readonly seconds: string
  readonly size: string
  readonly window: string
  readonly channel: string
  readonly acks?: Acks
}

interface Counts {
  failed: number
  /** Ms from sending to the acknowledgement, one for each that came. */
  readonly latencies: number[]
}

/** A small load: clients that publish, each with so many under way, for so long. */
export function addBench(program: Command, contextOf: (command: Command) => Context): void {
  program
    .command('bench')
    .description('publish as fast as it goes, and show operations a second and latencies')
    .option('--clients <n>', 'connections', '4')
    .option('--seconds <n>', 'how long', '5')
    .option('--size <bytes>', 'bytes of a message', '100')
    .option('--window <n>', "each client's messages under way", '256')
    .option('--channel <name>', 'where to', 'bench')
    .addOption(new Option('--acks <level>', 'on whose disks').choices(['one', 'quorum', 'all']))
    .action(async (flags: Flags, command: Command) => {
      const context = contextOf(command)
      const clients = readNumber('--clients', flags.clients, 256)
      const window = readNumber('--window', flags.window, CLIENT_WINDOW)
      const seconds = readNumber('--seconds', flags.seconds, 86_400)
      const size = readNumber('--size', flags.size, MESSAGE_BYTES_MAX)
      if (!isName(flags.channel)) throw new RecadoError('bad_option', '--channel must be a name')
      const { counts, tookMs } = await run(context, { ...flags, clients, window, seconds, size })
      const sorted = Float64Array.from(counts.latencies).toSorted()
      const row = {
        clients,
        window,
        size,
        acks: flags.acks ?? 'default',
        operations: sorted.length,
        failed: counts.failed,
        'operations/s': Math.round((sorted.length / tookMs) * 1000),
        'p50 ms': percentile(sorted, 0.5),
        'p99 ms': percentile(sorted, 0.99),
        'p99.9 ms': percentile(sorted, 0.999),
        'max ms': percentile(sorted, 1),
      }
      writeRows(context.output, Object.keys(row), [row])
    })
}

interface Load {
  readonly clients: number
  readonly window: number
  readonly seconds: number
  readonly size: number
  readonly channel: string
  readonly acks?: Acks
}

async function run(context: Context, load: Load): Promise<{ counts: Counts; tookMs: number }> {
  const clients = await Promise.all(Array.from({ length: load.clients }, () => openClient(context)))
  const counts: Counts = { failed: 0, latencies: [] }
  try {
    await Promise.all(
      clients.map((client, index) => client.login(`bench-${index + 1}`, { signal: context.signal })),
    )
    await clients[0]?.createChannel(load.channel, { signal: context.signal })
    const began = performance.now()
    const until = began + load.seconds * 1000
    const lanes = clients.flatMap((client) =>
      Array.from({ length: load.window }, () => publishUntil(client, load, until, counts, context.signal)),
    )
    await Promise.all(lanes)
    return { counts, tookMs: performance.now() - began }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

/** One message after the other. */
async function publishUntil(
  client: Client,
  load: Load,
  until: number,
  counts: Counts,
  signal: AbortSignal,
): Promise<void> {
  const message = 'x'.repeat(load.size)
  const options = load.acks === undefined ? {} : { acks: load.acks }
  while (performance.now() < until && !signal.aborted) {
    const began = performance.now()
    try {
      await client.publish(load.channel, message, options)
      counts.latencies.push(performance.now() - began)
    } catch (error) {
      if (!(error instanceof RecadoError) || !error.retryable) throw error
      counts.failed++
    }
  }
}

function percentile(sorted: Float64Array, part: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  return value === undefined ? '-' : value.toFixed(2)
}

function readNumber(option: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new RecadoError('bad_option', `${option} must be a whole number from 1 to ${max}`)
}
