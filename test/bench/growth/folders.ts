import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { markStart } from '../../../src/adapters/store-trial.ts'
import type { Store } from '../../../src/store/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { startSystem } from '../../support/system.ts'
import { close, open } from '../store.ts'

const SERVERS = ['server-1', 'server-2', 'server-3']
/** Stands in a folder that is made to its end. */
const MADE = 'made'
const USERS = 200
const CHANNELS = 20
const MESSAGE = 'x'.repeat(128)
/** Operations that are handed to the store before its flush is waited for. */
const IN_FLIGHT = 1000
/** What tells whose a folder is: all else in it may be copied to another server's. */
const OWNER_FILES = new Set(['owner.json'])

export interface Shape {
  /** How the operations are stored. */
  readonly what: string
  /** Operations in one batch: as many as a server accepts in one turn. */
  readonly batch: number
}

/**
 * Makes the folders of a system of three servers that hold so many operations, from many users, to many channels. The
 * system itself makes them, and the servers' stores take the operations without sockets between.
 */
export async function makeFolders(folder: string, operations: number, shape: Shape): Promise<void> {
  if (await areMade(folder, operations)) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const system = await startSystem({ servers: SERVERS.length, folder, env: { LOG_LEVEL: 'warn' } })
  try {
    await system.ready()
  } finally {
    await system.stop()
  }
  const [first = '', ...others] = SERVERS.map((name) => join(folder, name))
  const memories = new Map(others.map((other) => [other, memoryOf(other)]))
  await fill(first, operations, shape.batch)
  for (const [other, memory] of memories) {
    for (const file of readdirSync(other).filter((name) => !OWNER_FILES.has(name))) {
      rmSync(join(other, file), { recursive: true })
    }
    const filter = (path: string): boolean => !OWNER_FILES.has(path.slice(first.length + 1))
    cpSync(first, other, { recursive: true, filter })
    const { store } = open(other)
    store.remember(await memory)
    store.finalise(store.highestClock)
    await close(store)
  }
  // These processes did not end early, however short they were.
  for (const name of SERVERS) markStart(join(folder, name)).remove()
  writeFileSync(join(folder, MADE), '')
}

/** Whether they are there, whole, and of a kind that today's store reads. */
async function areMade(folder: string, operations: number): Promise<boolean> {
  if (!existsSync(join(folder, MADE))) return false
  const { store } = open(join(folder, SERVERS[0] as string))
  const held = [...store.held.values()].reduce((sum, seq) => sum + seq, 0)
  store.finalise(store.highestClock)
  await close(store)
  return held === operations
}

/** Bytes of all files below a folder. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

async function memoryOf(folder: string): Promise<Store['memory']> {
  const { store } = open(folder)
  const { memory } = store
  await close(store)
  return memory
}

async function fill(folder: string, operations: number, batch: number): Promise<void> {
  const { store } = open(folder)
  const author = new Author(store.highestClock, batch)
  let under = 0
  for (let done = 0; done < operations; ) {
    const made = author.next(Math.min(batch, operations - done))
    const taken = store.append(made)
    if (taken !== 'appended') throw new Error(`The store does not take operation ${done}: ${taken}`)
    done += made.count
    under += made.count
    if (under < IN_FLIGHT && done < operations) continue
    await flushed(store)
    store.finalise(store.highestClock)
    under = 0
  }
  await close(store)
}

/** Says what three servers accepted in turn, each a batch, long before now. */
class Author {
  readonly #incarnation = Date.now() - 86_400_000
  readonly #seqs = new Map(SERVERS.map((name) => [name, 0]))
  readonly #size: number
  #clock: number
  #count = 0

  constructor(clock: number, size: number) {
    this.#clock = clock
    this.#size = size
  }

  next(count: number): ReturnType<typeof batchOf> {
    const origin = SERVERS[Math.floor(this.#count / this.#size) % SERVERS.length] as string
    return batchOf(Array.from({ length: count }, () => this.#operation(origin)))
  }

  #operation(origin: string): ReturnType<typeof operation> {
    const number = this.#count++
    const seq = (this.#seqs.get(origin) ?? 0) + 1
    this.#seqs.set(origin, seq)
    this.#clock += 1
    const user = `user-${number % USERS}`
    const common = {
      origin,
      incarnation: this.#incarnation,
      seq,
      clock: this.#clock,
      timestamp: this.#incarnation + number,
      id: `k3v9x2m1q8-${number.toString(36)}`,
      user,
    }
    if (number < USERS) return operation({ ...common, kind: 'login', target: '' })
    if (number < USERS + CHANNELS) return operation({ ...common, kind: 'channel', target: channelOf(number) })
    return operation({ ...common, kind: 'publish', target: channelOf(number), message: MESSAGE })
  }
}

function channelOf(number: number): string {
  return `channel-${number % CHANNELS}`
}

/** Waits until all that was appended is flushed. */
async function flushed(store: Store): Promise<void> {
  while (store.lowestUnflushedClock !== undefined) await turn()
}
