import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const TEST_MS = 60_000

let folder: string
let children: ChildProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recado-ref-'))
  children = []
})

afterEach(async () => {
  await Promise.all(children.map((child) => kill(child)))
  await rm(folder, { recursive: true })
})

function ref(data: string): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const ports = { PORT_HTTP: '0', PORT_REF: '0' }
  const settings = { ROLE: 'ref', NAME: 'ref', SERVERS: 'a', LOG_FORMAT: 'json', DATA_DIR: data, ...ports }
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TEST_MS,
  })
  children.push(child)
  return child
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

/** A ref that has its folder. */
async function started(data: string): Promise<ChildProcess> {
  const child = ref(data)
  let out = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes('"message":"Started"')) resolve()
    })
    child.once('exit', () => reject(new Error(out)))
  })
  return child
}

/** How a ref ends that cannot start. */
async function refused(data: string): Promise<{ codes: string[]; status: number | null }> {
  const child = ref(data)
  const status = new Promise<number | null>((resolve) => child.once('close', resolve))
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (out.includes('"message":"Started"')) child.kill('SIGKILL')
  })
  const ended = await status
  const codes = [...out.matchAll(/"code":"(\w+)"/g)].map(([, code]) => String(code))
  return { codes, status: ended }
}

it(
  'ref ends with 2 and a code when its folder cannot be used',
  async () => {
    await writeFile(join(folder, 'file'), '')
    await mkdir(join(folder, 'odd', 'ref_servers.json'), { recursive: true })
    for (const data of ['file', 'odd']) {
      expect(await refused(join(folder, data))).toEqual({ codes: ['folder_not_writable'], status: 2 })
    }
  },
  TEST_MS,
)

it(
  'ref has its folder to itself, until it ends in whatever way',
  async () => {
    const data = join(folder, 'data')
    const first = await started(data)
    expect(await refused(data)).toEqual({ codes: ['folder_in_use'], status: 2 })
    await kill(first)
    const second = await started(data)
    await kill(second, 'SIGTERM')
    expect((await readdir(data)).filter((name) => name.endsWith('.sock'))).toEqual([])
  },
  TEST_MS,
)
