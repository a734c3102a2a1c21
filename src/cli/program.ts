import { Command, CommanderError, Option } from 'commander'
import { ERRORS, RecadoError } from '../wire/index.ts'
import { addBench } from './bench.ts'
import { addNames } from './commands/names.ts'
import { addSay } from './commands/say.ts'
import { addShow } from './commands/show.ts'
import { addStatus } from './commands/status.ts'
import { addVerify } from './commands/verify.ts'
import { type Context, connectOptionsOf, type GlobalOptions } from './context.ts'

/** The world of one call of the command. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly readInput: () => Promise<Uint8Array>
  /** Runs the whole system on this machine, with the arguments behind `start`. */
  readonly start: (args: readonly string[]) => Promise<void>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

const EXAMPLES = `Examples:
  recado start                                 run the whole system on this machine
  recado login ana                             make a user known
  recado channel general --user ana            create a channel
  recado publish general 'bom dia' --user ana  say something to a channel
  recado subscribe general --from start        show what is said, until Ctrl-C
  recado message rui 'oi' --user ana           say something to one user
  recado history --direct --user rui           show direct messages
  recado status                                show the servers
  recado verify data/server-1 data/server-2    compare the servers' files
`

/** Runs the command with these arguments; what it returns is the exit status. Never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = makeProgram(terminal)
  try {
    // What stands behind `start` is for the launcher, its --help too.
    if (args[0] === 'start') await terminal.start(args.slice(1))
    else await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return report(error, terminal)
  }
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    const text = error.message.replace(/^error: /, '').replace(/\s+/g, ' ')
    // With no command at all, commander shows the help and has nothing to say.
    if (error.code !== 'commander.help')
      terminal.writeError(`recado: bad_option: ${capital(text)}; see recado --help\n`)
    return 2
  }
  if (terminal.signal.aborted) return 130
  const known = error instanceof RecadoError ? error : new RecadoError('internal', String(error))
  terminal.writeError(`recado: ${known.code}: ${known.message}\n`)
  return ERRORS[known.code].exit
}

function makeProgram(terminal: Terminal): Command {
  const { environment } = terminal
  const program = new Command('recado')
    .description('Messages to channels and people, kept by several servers')
    .addHelpText('beforeAll', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .option(
      '--broker <addresses>',
      'clients’ ports of brokers, tcp://host:port, separated by commas (RECADO_BROKER)',
      environment['RECADO_BROKER'] ?? 'tcp://127.0.0.1:5555',
    )
    .option(
      '--proxy <addresses>',
      'subscribers’ ports of proxies, tcp://host:port, separated by commas (RECADO_PROXY)',
      environment['RECADO_PROXY'] ?? 'tcp://127.0.0.1:5558',
    )
    .addOption(userOption(environment['RECADO_USER']))
    .addOption(
      new Option('--output <format>', 'for people or for programs')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('--timeout <ms>', 'how long a request is tried', '10000')
  const contextOf = (command: Command): Context => {
    const options = command.optsWithGlobals<GlobalOptions>()
    return {
      output: { json: options.output === 'json', write: terminal.write },
      options: connectOptionsOf(options),
      signal: terminal.signal,
      readInput: terminal.readInput,
      note: (text) => terminal.writeError(`${text}\n`),
    }
  }
  addNames(program, contextOf)
  addSay(program, contextOf)
  addShow(program, contextOf)
  addStatus(program, contextOf)
  addVerify(program, contextOf)
  program.command('start').description('run the whole system on this machine; see recado start --help')
  addBench(program, contextOf)
  return program
}

function userOption(byDefault: string | undefined): Option {
  const option = new Option('--user <name>', 'in whose name (RECADO_USER; the name of this machine’s user)')
  return byDefault === undefined ? option : option.default(byDefault)
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
