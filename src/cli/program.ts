import { Command, CommanderError, Option } from 'commander'
import { ERRORS, RecadoError } from '../wire/index.ts'
import { addBench } from './bench.ts'
import { addKeys } from './commands/keys.ts'
import { addKubernetes } from './commands/kubernetes.ts'
import { addMembers } from './commands/members.ts'
import { addNames } from './commands/names.ts'
import { addRestore } from './commands/restore.ts'
import { addSay } from './commands/say.ts'
import { addSecret } from './commands/secret.ts'
import { addShow } from './commands/show.ts'
import { addStatus } from './commands/status.ts'
import { addVerify } from './commands/verify.ts'
import { type Context, connectOptionsOf, type GlobalOptions } from './context.ts'
import { startCommand } from './start.ts'

/** The world of one call of the command. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly readInput: () => Promise<Uint8Array>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** One or more examples for each command: its help shows them, and the whole command's help the first of each. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  start: ['recado start', 'recado start --servers 5 --clients 0 --data /tmp/recado'],
  login: ['recado login ana'],
  channel: ['recado channel general --user ana', 'recado channel board --members rui,eva --user ana'],
  invite: ['recado invite board leo --user ana'],
  leave: ['recado leave board --user rui'],
  secret: [
    'recado secret - --user ana --keys data/keys/clients/ana --save < new.txt',
    'RECADO_PERMIT=$(cat permit.txt) recado secret - --user ana --keys data/keys/clients/ana < new.txt',
  ],
  publish: ["recado publish general 'bom dia' --user ana", 'date | recado publish general - --acks all'],
  subscribe: ['recado subscribe general --from start', 'recado subscribe --direct --user rui --output json'],
  message: ["recado message rui 'oi' --user ana"],
  history: ['recado history general', 'recado history --direct --with ana --user rui --all'],
  users: ['recado users'],
  channels: ['recado channels --output json'],
  status: ['recado status', 'recado status --output json'],
  verify: ['recado verify data/server-1 data/server-2 data/server-3'],
  restore: ['recado restore data/server-1'],
  kubernetes: ['recado kubernetes check --namespace shop', 'recado kubernetes definition apply'],
  keys: [
    'recado keys make ana',
    'recado keys revoke ana',
    'recado keys rotate front',
    'recado keys permit ana > permit.txt',
  ],
  bench: ['recado bench', 'recado bench --clients 8 --seconds 10 --size 1000 --acks all'],
}

/** Runs the command with these arguments; what it returns is the exit status. Never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0
  const program = makeProgram(terminal, (ended) => {
    status = ended
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    return report(error, terminal)
  }
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    const text =
      error.code === 'commander.help' ? 'Give a command' : capital(error.message.replace(/^error: /, ''))
    terminal.writeError(`recado: bad_option: ${text.replace(/\s+/g, ' ')}; see recado --help\n`)
    return 2
  }
  if (terminal.signal.aborted) return 130
  const known = error instanceof RecadoError ? error : new RecadoError('internal', String(error))
  terminal.writeError(`recado: ${known.code}: ${known.message}\n`)
  return ERRORS[known.code].exit
}

function makeProgram(terminal: Terminal, started: (status: number) => void): Command {
  const { environment } = terminal
  const program = new Command('recado')
    .description('Messages to channels and people, kept by several servers')
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
    .addOption(keysOption(environment['RECADO_KEYS']))
    .addOption(secretOption(environment['RECADO_SECRET']))
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
  addMembers(program, contextOf)
  addSecret(program, contextOf, environment)
  addSay(program, contextOf)
  addShow(program, contextOf)
  addStatus(program, contextOf)
  addVerify(program, contextOf)
  addRestore(program, contextOf)
  addKubernetes(program, contextOf, environment)
  addKeys(program, contextOf)
  program.addCommand(startCommand(started).copyInheritedSettings(program))
  addBench(program, contextOf)
  addExamples(program)
  return program
}

function addExamples(program: Command): void {
  const firsts = Object.values(EXAMPLES).map(([first]) => first)
  program.addHelpText('before', `Examples:\n  ${firsts.join('\n  ')}\n`)
  for (const command of program.commands) {
    const examples = EXAMPLES[command.name()]
    if (examples !== undefined) command.addHelpText('before', `Examples:\n  ${examples.join('\n  ')}\n`)
  }
}

function userOption(byDefault: string | undefined): Option {
  const option = new Option('--user <name>', 'in whose name (RECADO_USER; the name of this machine’s user)')
  return byDefault === undefined ? option : option.default(byDefault)
}

function keysOption(byDefault: string | undefined): Option {
  const option = new Option('--keys <folder>', 'a client’s keys, for a system in secured mode (RECADO_KEYS)')
  return byDefault === undefined ? option : option.default(byDefault)
}

function secretOption(byDefault: string | undefined): Option {
  // Not shown as a default, as other options are.
  const option = new Option(
    '--secret <secret>',
    'a user’s secret, in secured mode (RECADO_SECRET; user.secret in --keys)',
  )
  return byDefault === undefined ? option : option.default(byDefault, 'RECADO_SECRET')
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
