import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemChance } from '../../src/adapters/chance.ts'
import { openFiles } from '../../src/adapters/files.ts'
import { openJournal } from '../../src/adapters/journal.ts'
import { openKeyValue } from '../../src/adapters/lmdb.ts'
import { systemTime, systemTimers } from '../../src/adapters/time.ts'
import { openStore, type Store, type StoreEvents } from '../../src/store/index.ts'
import { batchOf, operation } from '../support/operations.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'

const SINGLE_MS = 2000
const BATCH = 256
const RESTART_OPERATIONS = 200_000
const MESSAGE = 'x'.repeat(100)

export interface Measured {
  readonly name: string
  readonly value: string
}

/** What one server's store does on this disk, in the folder for temporary files. */
export async function benchStore(): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'recado-bench-'))
  try {
    const singles = await appendFor(folder, 'single', 1)
    const batches = await appendFor(folder, 'batch', BATCH)
    const restart = await restarted(folder)
    return [
      { name: 'flushes/s of single puts', value: perSecond(singles) },
      { name: `operations/s in batches of ${BATCH}`, value: perSecond(batches) },
      { name: `ms to open ${RESTART_OPERATIONS} operations`, value: restart.toFixed(0) },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Run {
  readonly operations: number
  readonly ms: number
}

/** Appends one batch of this size after the other, each once the one before is on the disk. */
async function appendFor(folder: string, origin: string, size: number): Promise<Run> {
  const opened = open(folder)
  const began = performance.now()
  let operations = 0
  while (performance.now() - began < SINGLE_MS) {
    await opened.flush(origin, operations, size)
    operations += size
  }
  const ms = performance.now() - began
  await close(opened.store)
  return { operations, ms }
}

/** Ms that a store with so many operations takes to open, in batches as a busy server makes them. */
async function restarted(folder: string): Promise<number> {
  const own = mkdtempSync(join(folder, 'restart-'))
  const first = open(own)
  for (let done = 0; done < RESTART_OPERATIONS; done += BATCH) {
    await first.flush('restart', done, Math.min(BATCH, RESTART_OPERATIONS - done))
  }
  await close(first.store)
  const began = performance.now()
  const second = open(own)
  const ms = performance.now() - began
  await close(second.store)
  return ms
}

export function open(folder: string): {
  store: Store
  flush: (origin: string, from: number, size: number) => Promise<void>
} {
  let waiting = Promise.withResolvers<void>()
  const events: StoreEvents = {
    flushed: () => waiting.resolve(),
    failed: (_, error) => waiting.reject(error),
    full: () => waiting.reject(new Error('The disk is full')),
    late: () => {},
  }
  const ports = { time: systemTime(), timers: systemTimers, log: quietLog, metrics: quietMetrics, events }
  const store = openStore({
    ...ports,
    journal: openJournal(folder),
    keyValue: openKeyValue(folder),
    chance: systemChance,
    files: openFiles(folder),
  })
  return {
    store,
    flush(origin, from, size) {
      waiting = Promise.withResolvers<void>()
      const operations = Array.from({ length: size }, (_, at) =>
        operation({ origin, seq: from + at + 1, clock: from + at + 1, message: MESSAGE }),
      )
      store.append(batchOf(operations))
      return waiting.promise
    },
  }
}

export function close(store: Store): Promise<void> {
  return new Promise((resolve) => store.close(resolve))
}

function perSecond({ operations, ms }: Run): string {
  return ((operations / ms) * 1000).toFixed(0)
}

if (import.meta.main) {
  for (const { name, value } of await benchStore()) process.stdout.write(`${name}: ${value}\n`)
}
