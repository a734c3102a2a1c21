import { type ChildProcess, spawn } from 'node:child_process'

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** In ms; a minute unless given. */
  readonly timeoutMs?: number
  readonly folder?: string
}

const TIMEOUT_MS = 60_000
/** Of what a failed command wrote, so much is told. */
const TOLD_MAX = 2000

/** Runs a command to its end. @throws Error with what it wrote, when it fails or takes too long */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Buffer> {
  const { env, input, timeoutMs = TIMEOUT_MS, folder } = options
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: timeoutMs,
    ...(folder !== undefined && { cwd: folder }),
  })
  const [output, errors]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(input ?? '')
  const status = await ended(child)
  if (status === 0) return Buffer.concat(output)
  const wrote = Buffer.concat([...output, ...errors]).toString()
  throw new Error(
    `${command} ${args.join(' ').slice(0, 300)} ended with ${status}: ${wrote.slice(-TOLD_MAX).trim()}`,
  )
}

export async function text(
  command: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  return (await run(command, args, options)).toString()
}

function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
}
