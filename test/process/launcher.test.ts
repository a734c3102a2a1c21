import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { COMPILE_CACHE, ROLE_ENVIRONMENT, ROLE_OPTIONS } from '../../src/cli/launcher/index.ts'
import { freeBase } from '../support/ports.ts'

interface Line {
  readonly name: string
  readonly message: string
  readonly pid?: number
  readonly process?: string
}

let folder: string
let started: ChildProcess[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recado-launcher-'))
  started = []
})
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
})

function start(...args: string[]) {
  const child = spawn(process.execPath, ['src/cli/start.ts', '--log-format', 'json', ...args])
  started.push(child)
  let output = ''
  let errors = ''
  child.stdout.on('data', (data) => (output += String(data)))
  child.stderr.on('data', (data) => (errors += String(data)))
  const lines = (): Line[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
  const says = (message: string, times = 1) =>
    vi.waitFor(
      () => {
        const said = lines().filter((line) => line.message === message).length
        expect(said, `“${message}” in:\n${output}${errors}`).toBeGreaterThanOrEqual(times)
      },
      { timeout: 20_000, interval: 50 },
    )
  return { child, lines, says, errors: () => errors, ended: once(child, 'close') as Promise<[number | null]> }
}

it('start is ready, gives roles what they run with, says that a killed process is started again, stops with 0, and goes on where it was', async () => {
  const options = ['--data', folder, '--port-base', String(await freeBase())]
  const system = start(...options)
  await system.says('Ready')
  const { pid } = system.lines().find((line) => line.message === 'server-2 started') as Line
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
  for (const [name, value] of Object.entries({ ...ROLE_ENVIRONMENT, ...COMPILE_CACHE })) {
    expect(environment.split('\0')).toContain(`${name}=${value}`)
  }
  expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toContain(ROLE_OPTIONS.join('\0'))
  process.kill(pid as number, 'SIGKILL')
  await system.says('server-2 died and is started again')
  await system.says('server-2 started', 2)

  const before = performance.now()
  system.child.kill('SIGINT')
  expect(await system.ended).toEqual([0, null])
  expect(performance.now() - before).toBeLessThan(5000)
  expect(await readdir(COMPILE_CACHE.NODE_COMPILE_CACHE)).not.toEqual([])

  const again = start(...options)
  await again.says('Ready')
  again.child.kill('SIGTERM')
  expect(await again.ended).toEqual([0, null])
}, 60_000)

it('start takes its processes with it when it is killed', async () => {
  const system = start(
    '--data',
    folder,
    '--port-base',
    String(await freeBase()),
    '--servers',
    '1',
    '--clients',
    '0',
  )
  await system.says('broker started')
  await system.says('Started', 4)
  const pids = system
    .lines()
    .flatMap(({ pid, name }) => (name === 'launcher' && pid !== undefined ? [pid] : []))

  system.child.kill('SIGKILL')

  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000, interval: 50 })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('start refuses ports in use with one line and exit status 2', async () => {
  const base = await freeBase()
  const other = createServer().listen(base, '127.0.0.1')
  await once(other, 'listening')

  const system = start('--data', folder, '--port-base', String(base))

  expect(await system.ended).toEqual([2, null])
  expect(system.errors()).toMatch(new RegExp(`^recado: port_in_use: .*${base} \\(broker\\).*\\n$`))
  other.close()
})

it('start refuses a folder that cannot be made with one line and exit status 2', async () => {
  await writeFile(join(folder, 'file'), '')

  const system = start('--data', join(folder, 'file', 'data'))

  expect(await system.ended).toEqual([2, null])
  expect(system.errors()).toMatch(/^recado: folder_not_writable: .*\n$/)
})

it.each([['--servers', '0'], ['--sever', '3'], ['--port-base', 'x'], ['--log-format', 'xml'], ['extra']])(
  'start refuses %s %s with one line and exit status 2',
  async (...args) => {
    const system = start(...args)

    expect(await system.ended).toEqual([2, null])
    expect(system.errors()).toMatch(/^recado: bad_option: .*\n$/)
  },
)
