import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { ERRORS, RecadoError } from '../wire/index.ts'
import { launch } from './launcher/index.ts'

const SERVERS_MAX = 9
const CLIENTS_MAX = 50
/** The highest base whose last HTTP port is still a port. */
const PORT_BASE_MAX = 61_000

interface Options {
  readonly servers: number
  readonly clients: number
  readonly data: string
  readonly portBase: number
  readonly logFormat: 'pretty' | 'json'
  readonly logLevel: string
  readonly secured?: true
}

/** The `start` command, alone or below `recado`. Its action's exit status is given to `done`. */
export function startCommand(done: (status: number) => void): Command {
  return new Command('start')
    .description('Start a whole system on this machine and stay until Ctrl-C')
    .addOption(new Option('--servers <n>', 'how many servers').default(3).argParser(whole(1, SERVERS_MAX)))
    .addOption(
      new Option('--clients <n>', 'how many automatic clients').default(2).argParser(whole(0, CLIENTS_MAX)),
    )
    .option('--data <folder>', 'where the processes keep their data', 'data')
    .option('--secured', 'only those with keys come in; the keys are made in the data folder’s keys')
    .addOption(
      new Option('--port-base <n>', 'the first port; the HTTP ports begin 3909 above it')
        .default(5555)
        .argParser(whole(1024, PORT_BASE_MAX)),
    )
    .addOption(
      new Option('--log-format <format>', 'lines for people or JSON')
        .choices(['pretty', 'json'])
        .default('pretty'),
    )
    .addOption(
      new Option('--log-level <level>', 'the least level that is shown')
        .choices(['trace', 'debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .allowExcessArguments(false)
    .action(async (options: Options) => {
      const { data, logFormat: format, secured = false } = options
      done(await launch({ ...options, folder: resolve(data), format, secured }))
    })
}

function whole(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= min && number <= max) return number
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}

/** Runs `npm start`; gives the exit status. Errors are one line on standard error. */
export async function runStart(args: readonly string[]): Promise<number> {
  let status = 0
  const command = startCommand((ended) => {
    status = ended
  })
  command
    .name('npm start --')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  try {
    await command.parseAsync([...args], { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError) {
      const message = error.message
        .replace(/^error: /, '')
        .replace(/[.\s]*\n/g, ' ')
        .replace(/\.$/, '')
      console.error(`recado: bad_option: ${message}; see npm start -- --help`)
      return ERRORS.bad_option.exit
    }
    if (!(error instanceof RecadoError)) throw error
    console.error(`recado: ${error.code}: ${error.message}`)
    return ERRORS[error.code].exit
  }
}

if (import.meta.main) process.exit(await runStart(process.argv.slice(2)))
