import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { ROOT } from '../tidy/tree.ts'

const VENV_PYTHON = join(ROOT, '.venv', 'bin', 'python')

/** A command that a test runs, or why this machine has none. */
export type Tool = { readonly command: string } | { readonly missing: string }

/** Python with the example's packages: the project's own environment (.venv), or the machine's. */
export function findPython(): Tool {
  for (const command of [VENV_PYTHON, 'python3']) {
    if (command === VENV_PYTHON && !existsSync(command)) continue
    if (spawnSync(command, ['-c', 'import msgpack, zmq']).status === 0) return { command }
  }
  return {
    missing: 'no Python with the packages of examples/python/requirements.txt, in .venv or as python3',
  }
}

/** Builds a Go program of ours into a folder of its own. */
export function buildGo(folder: string): Tool {
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'no Go' }
  const command = join(mkdtempSync(join(tmpdir(), 'recado-go-')), 'program')
  const build = spawnSync('go', ['build', '-o', command, '.'], { cwd: join(ROOT, folder), encoding: 'utf8' })
  return build.status === 0 ? { command } : { missing: `go build failed: ${build.stderr.trim()}` }
}

/** The tool's command; without the tool the test is skipped with the reason, and where all tools must be, it fails. */
export function need(tool: Tool, context: TestContext): string {
  if ('command' in tool) return tool.command
  if (process.env['CI_RUN'] === '1') throw new Error(`A tool is missing: ${tool.missing}`)
  // The reporter counts what is skipped; why, it does not say.
  console.warn(`Skipped: ${tool.missing}`)
  return context.skip(tool.missing)
}

export function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 })
}
