import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { TestSystem } from './system.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** Starts the recado command against a system, with more variables. */
export function startCommand(
  system: TestSystem,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = {
    ...process.env,
    RECADO_BROKER: system.brokerAddress,
    RECADO_PROXY: system.proxyAddress,
    ...more,
  }
  return spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Runs the recado command against a system to its end, with this on its standard input. */
export async function runCommand(
  system: TestSystem,
  args: readonly string[],
  input = '',
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = startCommand(system, args, more)
  child.stdin?.end(input)
  const ended = new Promise<number>((resolve) => {
    child.on('exit', (status) => resolve(status ?? -1))
  })
  const [out, err] = await Promise.all([text(child.stdout as never), text(child.stderr as never)])
  return { status: await ended, out, err }
}
