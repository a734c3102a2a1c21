import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemChance } from '../../src/adapters/chance.ts'
import { openFiles } from '../../src/adapters/files.ts'
import { openJournal } from '../../src/adapters/journal.ts'
import { openKeyValue } from '../../src/adapters/lmdb.ts'
import { createMetrics } from '../../src/adapters/metrics.ts'
import { systemTime, systemTimers } from '../../src/adapters/time.ts'
import { CorrectedTime } from '../../src/clocks/index.ts'
import { Server, startClock, takeIncarnation } from '../../src/server/index.ts'
import { openStore } from '../../src/store/index.ts'
import { encode, encodeRequests, parseBackendHead, type Request } from '../../src/wire/index.ts'
import { quietLog } from '../support/quiet.ts'
import { type Part, printCost } from './cost.ts'

const BODY = 128
const BODIES = 400
const IN_FLIGHT = 8
const MESSAGE = 'x'.repeat(128)
const BROKER = 'tcp://127.0.0.1:5556'

/** One server that is all of its cluster, so that nothing but its own code is in a publication's way. */
class OneServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'recado-bench-'))
  readonly #server: Server
  #session = 0
  #tags = 0
  #ids = 0
  #answered: () => void = () => {}

  constructor() {
    const folder = this.#folder
    const time = systemTime()
    const { metrics } = createMetrics({ processMetrics: false })
    const ports = { time, timers: systemTimers, log: quietLog, metrics, chance: systemChance }
    const failed = (...what: unknown[]): never => {
      throw new Error('The server failed', { cause: what })
    }
    const events = {
      flushed: (changes: ReadonlyMap<string, number>) => this.#server.flushed(changes),
      full: failed,
      failed,
      late: failed,
    }
    const store = openStore({
      ...ports,
      journal: openJournal(folder),
      keyValue: openKeyValue(folder),
      files: openFiles(folder),
      events,
    })
    const incarnation = takeIncarnation(store, time.wall(), ports.chance)
    this.#server = new Server({
      ...ports,
      identity: { cluster: 'bench', name: 'server-1', address: 'tcp://127.0.0.1:5560', incarnation },
      acks: 'quorum',
      ackDeadlineMs: 5000,
      messageBytesMax: 256 * 1024,
      heartbeatTimeoutMs: 1500,
      diskReserve: 0,
      store,
      lamport: startClock(store),
      now: new CorrectedTime(time).now,
      toBroker: (_broker, frames) => this.#said(frames),
      toPeer: () => true,
      publishToAll: () => {},
      publishTo: () => {},
      connectPeers: () => {},
      clockStatus: () => ({}),
      changed: () => {},
      fail: failed,
    })
  }

  /** Waits until it accepts, and makes a user and a channel known. */
  async start(): Promise<void> {
    const server = this.#server
    const voters = { epoch: 1, names: ['server-1'] }
    server.replica.told({
      rank: 1,
      servers: [],
      brokers: [],
      proxies: [],
      voters,
      epoch: 1,
      time: Date.now(),
    })
    server.start()
    while (server.unready !== undefined) await delay(5)
    server.brokers.set([BROKER])
    await this.serve([this.#body([{ service: 'login', data: { user: 'ada' } }])])
    await this.serve([this.#body([{ service: 'channel', data: { user: 'ada', channel: 'news' } }])])
  }

  /** A client's body of publications. */
  publications(): Uint8Array {
    const data = { user: 'ada', channel: 'news', message: MESSAGE }
    return this.#body(Array.from({ length: BODY }, () => ({ service: 'publish', data })))
  }

  /** Has all bodies answered, some at a time. */
  serve(bodies: readonly Uint8Array[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    let [sent, left] = [0, bodies.length]
    const sendNext = (): void => {
      const body = bodies[sent++]
      if (body !== undefined) this.#give(body)
    }
    this.#answered = () => {
      left--
      if (left === 0) resolve()
      else sendNext()
    }
    for (let each = 0; each < IN_FLIGHT; each++) sendNext()
    return promise
  }

  stop(): void {
    this.#server.stop()
    rmSync(this.#folder, { recursive: true })
  }

  #body(asked: readonly Pick<Request, 'service' | 'data'>[]): Uint8Array {
    const timestamp = Date.now()
    return encodeRequests(asked.map((each) => ({ ...each, id: this.#nextId(), clock: 1, timestamp })))
  }

  #nextId(): string {
    return `client-of-the-bench-${(this.#ids++).toString(36)}`
  }

  #give(body: Uint8Array): void {
    const numbers = {
      session: this.#session,
      tags: [this.#tags++],
      connections: [1],
      lengths: [body.byteLength],
    }
    this.#server.fromBroker(BROKER, [encode({ kind: 'requests', ...numbers }), Buffer.from(body)])
  }

  #said([frame]: readonly Uint8Array[]): boolean {
    const head = parseBackendHead(frame as Uint8Array)
    if (head.kind === 'ready') this.#session = head.session
    if (head.kind === 'replies') for (const _tag of head.tags) this.#answered()
    return true
  }
}

const server = new OneServer()
await server.start()
const publications: Part = {
  what: 'publication',
  count: BODIES * BODY,
  prepare() {
    const bodies = Array.from({ length: BODIES }, () => server.publications())
    return () => server.serve(bodies)
  },
}
const [runs, rows] = process.argv.slice(2).map(Number)
await printCost(publications, runs ?? 10, rows ?? 0)
server.stop()
// The folder is gone, and with it what the store would still want to write.
process.exit()
