import { openCredentials } from '../../../src/adapters/credentials.ts'
import { makeKey } from '../../../src/adapters/keys/index.ts'
import { CorrectedTime } from '../../../src/clocks/index.ts'
import { Server, startClock, takeIncarnation } from '../../../src/server/index.ts'
import { openStore, type StoreEvents } from '../../../src/store/index.ts'
import {
  decode,
  encode,
  encodeRequests,
  PEER_LIMITS,
  parseBackendHead,
  type Request,
  splitBodies,
} from '../../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { VirtualDisk } from '../../support/virtual-disk.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

const BROKER = 'tcp://10.0.0.9:5556'
export const HOUR_MS = 3_600_000

interface Answer {
  readonly clock: number
  readonly data: Readonly<Record<string, unknown>>
}

/** A server that is all of its cluster, on a virtual disk and in virtual time, in secured mode unless open. */
export async function startOneServer({ secured = true } = {}) {
  const world = new VirtualTime()
  world.promises = true
  const time = world.process()
  const disk = new VirtualDisk()
  const fail = (...what: unknown[]): never => {
    throw new Error('The server failed', { cause: what })
  }
  const events: StoreEvents = {
    flushed: (changes) => server.flushed(changes),
    failed: fail,
    full: fail,
    late: () => {},
  }
  const ports = { time, timers: time, log: quietLog, metrics: quietMetrics, chance: seededChance(1) }
  const store = openStore({
    ...ports,
    journal: disk.journal(time),
    keyValue: disk.keyValue(time),
    files: disk.files(),
    events,
  })
  const incarnation = takeIncarnation(store, time.wall(), ports.chance)
  const lamport = startClock(store)
  const credentials = {
    ...openCredentials(((key) => () => [key])(makeKey())),
    verifierOf: async (secret: string) => `checks$${secret}`,
    matches: async (secret: string, verifier: string) => verifier === `checks$${secret}`,
  }
  const users = {
    userChannels: 3,
    userRequests: 100,
    userBytesPerSecond: 1_000_000,
    credentials,
    tokenLifetimeMs: HOUR_MS,
    anybody: true,
    isListed: () => false,
  }
  let session = 0
  let tags = 0
  const answers = new Map<number, Answer>()
  const server: Server = new Server({
    ...ports,
    identity: { cluster: 'test', name: 'a', address: 'tcp://10.0.0.1:5560', incarnation },
    acks: 'quorum',
    ackDeadlineMs: 5000,
    messageBytesMax: 1000,
    heartbeatTimeoutMs: 1500,
    diskReserve: 0,
    store,
    lamport,
    now: new CorrectedTime(time).now,
    toBroker: (_broker, [frame, body]) => {
      const head = parseBackendHead(frame as Uint8Array)
      if (head.kind === 'ready') session = head.session
      if (head.kind === 'replies') {
        const bodies = splitBodies(body, head.lengths)
        for (const [index, tag] of head.tags.entries())
          answers.set(tag, decode(bodies[index] as Uint8Array, PEER_LIMITS) as Answer)
      }
      return true
    },
    toPeer: () => true,
    publishToAll: () => {},
    publishTo: () => {},
    connectPeers: () => {},
    clockStatus: () => ({}),
    users: secured ? users : undefined,
    changed: () => {},
    fail,
  })
  const voters = { epoch: 1, names: ['a'] }
  server.replica.told({ rank: 1, servers: [], brokers: [], proxies: [], voters, epoch: 1, time: time.wall() })
  server.start()
  await world.advance(2000)
  server.brokers.set([BROKER])
  await world.advance(1000)

  const ask = async (service: string, data: object, clock = 1, connection = 1): Promise<Answer> => {
    const tag = tags++
    const body = encodeRequests([
      { service, id: `id-${tag}`, clock, timestamp: time.wall(), data: { ...data } },
    ])
    const numbers = { session, tags: [tag], connections: [connection], lengths: [body.byteLength] }
    server.fromBroker(BROKER, [encode({ kind: 'requests', ...numbers }), Buffer.from(body)])
    // What is asked for meanwhile comes before any time passes.
    await world.drain()
    for (let turn = 0; turn < 20 && !answers.has(tag); turn++) {
      await world.advance(100)
      await world.drain()
    }
    const answer = answers.get(tag)
    if (answer === undefined) throw new Error(`No answer to ${service}`)
    return answer
  }
  /** Sends bodies in one message, each of its own connection; in which order they are answered. */
  const send = async (bodies: readonly (readonly Request[])[]): Promise<number[]> => {
    const sent = bodies.map((requests) => Buffer.from(encodeRequests(requests)))
    const first = tags
    tags += sent.length
    const numbers = {
      session,
      tags: sent.map((_, index) => first + index),
      connections: sent.map((_, index) => 100 + index),
      lengths: sent.map(({ byteLength }) => byteLength),
    }
    server.fromBroker(BROKER, [encode({ kind: 'requests', ...numbers }), Buffer.concat(sent)])
    await world.advance(1000)
    await world.drain()
    return [...answers.keys()].filter((tag) => tag >= first).map((tag) => tag - first)
  }
  return { ask, send, answers, lamport, world, server }
}
