import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemChance } from '../../src/adapters/chance.ts'
import { openFiles } from '../../src/adapters/files.ts'
import { openJournal } from '../../src/adapters/journal.ts'
import { openKeyValue } from '../../src/adapters/lmdb.ts'
import { systemTime, systemTimers } from '../../src/adapters/time.ts'
import { openStore } from '../../src/store/index.ts'
import { until } from '../support/load.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const START_MS = 30_000

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-aside-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** What a server that ran leaves behind, with something remembered. */
async function leaveStore(): Promise<void> {
  const store = openStore({
    journal: openJournal(folder),
    keyValue: openKeyValue(folder),
    files: openFiles(folder),
    time: systemTime(),
    timers: systemTimers,
    chance: systemChance,
    log: quietLog,
    metrics: quietMetrics,
    events: { flushed: () => {}, failed: () => {}, full: () => {}, late: () => {} },
  })
  await new Promise<void>((resolve) => store.remember({ incarnation: 5, intact: true }, resolve))
  await new Promise<void>((resolve) => store.close(resolve))
}

/** One bit of a key's length, in each copy that the store's pages have. */
function flipBits(): void {
  const path = join(folder, 'store', 'data.mdb')
  const bytes = readFileSync(path)
  let at = bytes.indexOf('incarnation')
  expect(at).toBeGreaterThan(0)
  for (; at !== -1; at = bytes.indexOf('incarnation', at + 1))
    bytes[at - 1] = (bytes[at - 1] as number) ^ 0x10
  writeFileSync(path, bytes)
}

function start(): { child: ChildProcess; log: () => string; ended: Promise<number | null> } {
  const ports = { PORT_HTTP: '0', PORT_PEERS: '0' }
  const others = { REF: '', BROKERS: '', PROXIES: '' }
  const settings = { ROLE: 'server', NAME: 'server-1', DATA_DIR: folder, LOG_FORMAT: 'json' }
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...ports, ...others, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve)
  })
  return { child, log: () => text, ended }
}

it('a server whose store is damaged in what it keeps of itself sets it aside and starts as an emptied one', async () => {
  await leaveStore()
  flipBits()
  const { child, log, ended } = start()
  try {
    await until(START_MS, () => log().includes('"message":"Started"') || log())
  } finally {
    child.kill('SIGTERM')
  }

  expect(await ended).toBe(0)
  expect(log()).toContain('The store cannot be read; it is set aside')
  expect(readdirSync(folder).filter((name) => /^store\.damaged-\d+$/.test(name))).toHaveLength(1)
  // The new one works: it has settled what the server remembers now.
  const store = openKeyValue(folder)
  expect(store.get(Buffer.from('m'))).toBeDefined()
  await new Promise<void>((resolve) => store.close(resolve))
})
