import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { Client, ConnectOptions } from '../client/index.ts'
import { isName, RecadoError } from '../wire/index.ts'
import type { Output } from './output.ts'

/** What a command was called with, beside its own arguments. */
export interface Context {
  readonly output: Output
  readonly options: ConnectOptions
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** What stands on standard input, to its end. */
  readonly readInput: () => Promise<Uint8Array>
  readonly note: (text: string) => void
}

export interface GlobalOptions {
  readonly broker: string
  readonly proxy: string
  readonly user?: string
  readonly output: 'table' | 'json'
  readonly timeout: string
  readonly keys?: string
  readonly secret?: string
}

export function connectOptionsOf(options: GlobalOptions): ConnectOptions {
  const timeoutMs = Number(options.timeout)
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) {
    throw new RecadoError('bad_option', '--timeout must be a whole number of milliseconds above 0')
  }
  return {
    brokers: options.broker.split(','),
    proxies: options.proxy.split(','),
    timeoutMs,
    // In secured mode nobody asks for anything without having logged in.
    ...(options.keys !== undefined && { keysDir: options.keys, user: nameOf(options) }),
    ...(options.secret !== undefined && { secret: options.secret }),
  }
}

/** A client of the system. Loaded only now: help and usage errors need no sockets. */
export async function openClient(context: Context): Promise<Client> {
  const { connect } = await import('../client/index.ts')
  return connect(context.options)
}

/** Runs with a client that is closed afterwards. */
export async function withClient<Result>(
  context: Context,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await openClient(context)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** The user of a command: `--user`, RECADO_USER, or who uses this machine. @throws RecadoError `bad_option` */
export function userOf(command: Command): string {
  return nameOf(command.optsWithGlobals<GlobalOptions>())
}

function nameOf({ user }: GlobalOptions): string {
  const name = user ?? machineUser()
  if (isName(name)) return name
  throw new RecadoError('bad_option', 'Give a user by --user or RECADO_USER: 1 to 64 of A-Z a-z 0-9 . _ -')
}

function machineUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    // A container's user may have no name.
    return undefined
  }
}

/** The message of an argument; `-` is what stands on standard input: text without its last newline, or bytes when it is none. */
export async function messageOf(argument: string, context: Context): Promise<string | Uint8Array> {
  if (argument !== '-') return argument
  const bytes = await context.readInput()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '')
  } catch {
    return bytes
  }
}
