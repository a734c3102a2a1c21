import { connect as connectTcp } from 'node:net'
import { expect, it } from 'vitest'
import { connect } from '../../src/client/index.ts'
import { Hostile, zmtp } from '../support/hostile.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { seededChance } from '../support/virtual-time.ts'

const SEED = Number(process.env['HOSTILE_SEED'] ?? 1 + Math.floor(Math.random() * 1e9))
const CONNECTIONS = 16
const MESSAGES = 50
const RAW = 200
const RAW_AT_ONCE = 40
/** A connection that nobody closes is closed by its stranger after this. */
const PATIENCE_MS = 1000

const TALK_MS = 20_000

type Kind = 'DEALER' | 'PUB' | 'SUB' | 'HTTP'

/** Writes all of it, and waits until the other side has closed, or for a while. */
async function write(port: number, bytes: Buffer, ends: boolean): Promise<void> {
  const socket = connectTcp({ port, host: '127.0.0.1' })
  // Being cut off is what many of these ask for.
  socket.on('error', () => {})
  socket.resume()
  const patience = setTimeout(() => socket.destroy(), PATIENCE_MS)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
  })
  if (ends) socket.end(bytes)
  else socket.write(bytes)
  await closed
  clearTimeout(patience)
}

async function attack(hostile: Hostile, kind: Kind, port: number): Promise<number> {
  let sent = 0
  if (kind !== 'HTTP') {
    for (let connection = 0; connection < CONNECTIONS; connection++) {
      const one = () => (kind === 'SUB' ? hostile.subscription() : hostile.message())
      await write(port, zmtp(kind, Array.from({ length: MESSAGES }, one)), true)
      sent += MESSAGES
    }
  }
  for (const raws = kind === 'HTTP' ? RAW + CONNECTIONS * MESSAGES : RAW; sent < 1000; ) {
    const some = Math.min(RAW_AT_ONCE, raws)
    // One of them stays open and says nothing more.
    await Promise.all(Array.from({ length: some }, (_, index) => write(port, hostile.raw(), index > 0)))
    sent += some
  }
  return sent
}

/** Says something as a client, and receives it. */
async function talk(system: TestSystem, user: string): Promise<string | undefined> {
  const client = await connect({ broker: system.brokerAddress, proxy: system.proxyAddress, user })
  try {
    await client.createChannel('after')
    const subscription = client.subscribe('after', { from: 'start', signal: AbortSignal.timeout(TALK_MS) })
    await client.publish('after', `by ${user}`, { acks: 'all' })
    for await (const received of subscription) return String(received.message)
    return undefined
  } finally {
    await client.close()
  }
}

it(`every process survives a thousand hostile messages at each of its ports (HOSTILE_SEED=${SEED})`, async () => {
  const system = await startSystem({ servers: 3, clients: 1 })
  try {
    await system.ready()
    const pids = system.processes.map(({ name, pid }) => ({ name, pid }))
    const { clients, servers, publishers, subscribers, ref, peers, http } = system.ports
    const targets: [Kind, number][] = [
      ...[clients, servers, ref, ...peers].map((port): [Kind, number] => ['DEALER', port]),
      ['PUB', publishers],
      ['SUB', subscribers],
      ...http.slice(0, pids.length).map((port): [Kind, number] => ['HTTP', port]),
    ]
    const sent = await Promise.all(
      targets.map(([kind, port], index) => attack(new Hostile(seededChance(SEED + index)), kind, port)),
    )
    expect(sent.every((count) => count >= 1000)).toBe(true)
    // They did get through to the broker, rather than end at its sockets.
    const { text } = await system.http('broker', '/metrics')
    expect(Number(/recado_broker_refused_total{code="bad_request"} (\d+)/.exec(text)?.[1])).toBeGreaterThan(
      100,
    )

    await expect(talk(system, 'after')).resolves.toBe('by after')
    await system.ready()
    expect(system.processes.map(({ name, pid }) => ({ name, pid }))).toEqual(pids)
    expect(system.log()).not.toMatch(/uncaught|unhandled|out of memory/i)
  } catch (error) {
    throw new Error(system.log().split('\n').slice(-30).join('\n'), { cause: error })
  } finally {
    await system.stop()
  }
}, 120_000)
