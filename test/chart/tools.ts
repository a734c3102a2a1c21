import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { need, type Tool } from '../interop/tools.ts'
import { ROOT } from '../tidy/tree.ts'

export { need }

/** A command on PATH. */
export function find(command: string): Tool {
  return spawnSync(command, ['--help']).error === undefined
    ? { command }
    : { missing: `no ${command} on PATH` }
}

export interface Outcome {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** Runs a command to its end, in the project's folder; its status is for the caller to judge. */
export function attempt(command: string, args: readonly string[], input?: string): Outcome {
  const options = { cwd: ROOT, encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    ...(input !== undefined && { input }),
  })
  if (error !== undefined) throw error
  return { status: status ?? -1, out: stdout, err: stderr }
}

/** Of a command that must not fail: what it wrote. */
export function succeed(tool: Tool, context: TestContext, args: readonly string[], input?: string): string {
  const { status, out, err } = attempt(need(tool, context), args, input)
  if (status !== 0) throw new Error(`${args.slice(0, 3).join(' ')} ended with ${status}: ${err}${out}`)
  return out
}
