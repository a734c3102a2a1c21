import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { freeBase } from '../support/ports.ts'
import { ROOT } from '../tidy/tree.ts'

const TEST_MS = 150_000
const INSTALLED_MS = 100_000
const READY_MS = 30_000
const INSTALL = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--loglevel=error']

let folder: string
const started: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-packages-'))
})
afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

function run(command: string, ...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let output = ''
  child.stdout.on('data', (data) => (output += String(data)))
  child.stderr.on('data', (data) => (output += String(data)))
  return { child, output: () => output }
}

it(
  'a secured system runs on the production packages alone, none of which ran a script when it was installed',
  async () => {
    for (const path of ['package.json', 'package-lock.json', '.npmrc', 'src'])
      cpSync(join(ROOT, path), join(folder, path), { recursive: true })
    const install = run('npm', ...INSTALL)
    const [status] = await once(install.child, 'exit', { signal: AbortSignal.timeout(INSTALLED_MS) })
    expect({ status, output: install.output() }).toMatchObject({ status: 0 })

    const options = ['--servers', '1', '--clients', '1', '--secured', '--log-format', 'json']
    const base = String(await freeBase())
    const { output } = run(process.execPath, 'src/cli/start.ts', ...options, '--port-base', base)

    await vi.waitFor(() => expect(output()).toContain('"message":"Ready"'), {
      timeout: READY_MS,
      interval: 100,
    })
  },
  TEST_MS,
)
