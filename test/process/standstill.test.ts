import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import {
  type BackendHead,
  encode,
  parseBackendHead,
  parseReplies,
  splitBodies,
} from '../../src/wire/index.ts'
import { kept } from '../support/kept.ts'
import { until } from '../support/load.ts'
import { freePorts } from '../support/ports.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const CLUSTER = 'test/standstill'
/** Nobody listens at port 1. */
const AWAY = 'tcp://127.0.0.1:1'
const PATIENCE_MS = 20_000
/** Longer than the 2 s after which a broker takes it that clients have gone. */
const FROZEN_MS = 2500
/** As many as the socket takes unread of one client, and more, which stay in the machine's buffers. */
const WAITING = 100

let broker: ChildProcess | undefined
afterEach(() => {
  broker?.kill('SIGKILL')
})

/** A socket that no heartbeat tells of the broker's standing still. */
function connect(port: number, receive: (frames: Buffer[]) => void): zmq.Dealer {
  const socket = kept(new zmq.Dealer({ linger: 0, sendTimeout: PATIENCE_MS }))
  socket.connect(`tcp://127.0.0.1:${port}`)
  const run = async (): Promise<void> => {
    for await (const frames of socket) receive(frames)
  }
  void run()
  return socket
}

/** A server that answers all requests, and the ids that it was given. */
function register(port: number): string[] {
  const given: string[] = []
  const say = (head: BackendHead, bodies: Uint8Array[] = []): void => {
    server.send([encode(head), Buffer.concat(bodies)]).catch(() => {})
  }
  const server = connect(port, ([frame = Buffer.alloc(0), bodies]) => {
    const head = parseBackendHead(frame)
    if (head.kind !== 'requests') return
    const ids = splitBodies(bodies, head.lengths).map(
      (body) => /(?:old|new)-\d+/.exec(Buffer.from(body).toString('latin1'))?.[0] ?? '',
    )
    given.push(...ids)
    const replies = ids.map((id) =>
      encode({ service: 'users', id, clock: 1, timestamp: 1, data: { status: 'ok' } }),
    )
    say({ kind: 'replies', tags: head.tags, lengths: replies.map(({ byteLength }) => byteLength) }, replies)
  })
  const ready = { cluster: CLUSTER, name: 's1', incarnation: 1, session: 1, credit: 1000 }
  say({ kind: 'ready', ...ready })
  const beats = setInterval(() => say({ kind: 'beat' }), 250)
  kept({ close: () => clearInterval(beats) })
  return given
}

it('a broker that stood still passes nothing on that clients sent meanwhile, and tells them to ask again', async () => {
  const [clients, servers, http] = (await freePorts(3)) as [number, number, number]
  const env = {
    ...process.env,
    ROLE: 'broker',
    NAME: 'broker',
    CLUSTER,
    PORT_CLIENTS: String(clients),
    PORT_SERVERS: String(servers),
    PORT_HTTP: String(http),
    REF: AWAY,
  }
  broker = spawn(process.execPath, [MAIN], { env, stdio: 'ignore' })
  const pid = broker.pid as number
  const given = register(servers)
  const told = new Map<string, unknown>()
  const client = connect(clients, (frames) => {
    for (const { id, data } of parseReplies(frames.at(-1) ?? Buffer.alloc(0))) told.set(id, data)
  })
  const ask = (id: string): Promise<void> => {
    // Large enough that no id is cut in the middle and small enough to be answered with its id.
    const data = { filling: 'x'.repeat(2000) }
    return client.send(['', encode({ service: 'users', id, clock: 1, timestamp: 1, data })])
  }
  let number = 0
  const askUntilGiven = async (): Promise<void> => {
    const before = given.length
    await until(PATIENCE_MS, async () => {
      if (given.length > before) return true
      await ask(`new-${number++}`)
      return `nothing more than ${before} was given to the server`
    })
  }
  await askUntilGiven()
  broker.kill('SIGSTOP')
  const state = (): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0] ?? ''
  await until(PATIENCE_MS, () => state() === 'T' || `state ${state()}`)
  const since = performance.now()
  for (let index = 0; index < WAITING; index++) await ask(`old-${index}`)
  await until(PATIENCE_MS, () => performance.now() - since > FROZEN_MS || 'it is too early')
  broker.kill('SIGCONT')
  const isOld = (id: string): boolean => id.startsWith('old')
  const answered = () => [...told.keys()].filter(isOld).length
  await until(PATIENCE_MS, () => answered() >= WAITING || `${answered()} of ${WAITING}`)
  await askUntilGiven()

  expect(given.filter(isOld)).toEqual([])
  expect(told.get('old-0')).toMatchObject({ status: 'error', code: 'unavailable', retryable: true })
}, 60_000)
