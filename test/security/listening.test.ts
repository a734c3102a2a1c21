import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import { type Client, connect } from '../../src/client/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { metric, passOf } from './strangers.ts'

const TEST_MS = 60_000

let system: TestSystem
let bob: Client
let eve: Client

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  bob = await clientOf('bob')
  eve = await clientOf('eve')
  await bob.createChannel('general')
}, TEST_MS)

afterAll(async () => {
  await bob?.close()
  await eve?.close()
  await system?.stop()
})

const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

function clientOf(user: string): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  return connect({ broker, proxy, keysDir: keysDir as string, user, secret: `the secret of ${user}` })
}

/** A plain SUB socket with a client's keys. */
function spy(...topics: string[]) {
  const { pair, trusted } = passOf(system, 'clients/local', 'front')
  const socket = new zmq.Subscriber({
    linger: 0,
    curvePublicKey: pair.publicKey,
    curveSecretKey: pair.secretKey,
    curveServerKey: trusted[0] as string,
  })
  open.push(socket)
  const heard: string[] = []
  socket.connect(system.proxyAddress)
  for (const topic of topics) socket.subscribe(topic)
  void (async () => {
    for await (const [topic] of socket) heard.push(String(topic))
  })().catch(() => {})
  return heard
}

/** Listens as the library does; what came live, without history's help, shows within less than its 5 seconds. */
function texts(client: Client, topic: string | { user: string }): unknown[] {
  const received: unknown[] = []
  void (async () => {
    for await (const { message } of client.subscribe(topic)) received.push(message)
  })()
  return received
}

describe('at the proxy, in secured mode', () => {
  it('a user hears its own direct messages live, and every channel', async () => {
    const heard = spy('channel/general/')
    const [direct, general] = [texts(bob, { user: 'bob' }), texts(bob, 'general')]
    await until(10_000, async () => {
      await eve.publish('general', 'to all')
      await eve.message('bob', 'to bob')
      return (
        (heard.length > 0 && direct.length > 0 && general.length > 0) ||
        `${heard.length} ${direct.length} ${general.length}`
      )
    })

    expect(direct[0]).toBe('to bob')
    expect(general[0]).toBe('to all')
  })

  it('what would cover the inbox of another gives nothing, and neither does a bad grant', async () => {
    const requests = [
      '',
      'u',
      'user',
      'user/',
      'user/b',
      'user/bob',
      'user/bob/',
      'channel/',
      'c',
      'grant/bob/',
      'replica',
    ]
    const spies = requests.map((topic) => spy(topic))
    const withEves = spy('user/bob/', `grant/${await tokenOf('eve')}/`)
    const forged = spy('user/bob/', `grant/${(await tokenOf('eve')).replace('eve:', 'bob:')}/`)
    const bobs = spy('user/bob/', `grant/${await tokenOf('bob')}/`)
    await until(10_000, async () => {
      await eve.message('bob', 'private')
      await eve.publish('general', 'public')
      return bobs.length >= 5 || `${bobs.length} heard`
    })

    expect(new Set(bobs)).toEqual(new Set(['user/bob/']))
    expect(spies.map((heard, index) => [requests[index], heard])).toEqual(
      requests.map((topic) => [topic, []]),
    )
    expect([withEves, forged]).toEqual([[], []])
    expect(
      await metric(system, 'proxy', 'recado_denied_total{reason="subscription"}'),
    ).toBeGreaterThanOrEqual(8)
    expect(await metric(system, 'proxy', 'recado_denied_total{reason="grant"}')).toBeGreaterThanOrEqual(2)
  })

  it('subscriptions that come and go leave the proxy at work', async () => {
    const { pair, trusted } = passOf(system, 'clients/local', 'front')
    const keys = {
      curvePublicKey: pair.publicKey,
      curveSecretKey: pair.secretKey,
      curveServerKey: trusted[0] as string,
    }
    const grant = `grant/${await tokenOf('bob')}/`
    for (let round = 0; round < 50; round++) {
      const socket = new zmq.Subscriber({ linger: 0, ...keys })
      socket.connect(system.proxyAddress)
      for (const topic of ['channel/general/', 'user/bob/', grant, '']) socket.subscribe(topic)
      if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      if (round % 3 === 0) for (const topic of ['channel/general/', grant]) socket.unsubscribe(topic)
      socket.close()
    }
    const heard = spy('channel/general/')
    await until(10_000, async () => {
      await eve.publish('general', 'after')
      return heard.length > 0 || 'nothing heard'
    })
    expect(new Set(heard)).toEqual(new Set(['channel/general/']))
  })
})

async function tokenOf(user: string): Promise<string> {
  const { pair, trusted } = passOf(system, 'clients/local', 'front')
  const { encode, decode, PEER_LIMITS } = await import('../../src/wire/index.ts')
  const socket = new zmq.Request({
    linger: 0,
    curvePublicKey: pair.publicKey,
    curveSecretKey: pair.secretKey,
    curveServerKey: trusted[0] as string,
  })
  try {
    socket.connect(system.brokerAddress)
    const data = { user, secret: `the secret of ${user}` }
    await socket.send(
      Buffer.from(encode({ service: 'login', id: crypto.randomUUID(), clock: 1, timestamp: 1, data })),
    )
    const [body] = await socket.receive()
    return (decode(body as Buffer, PEER_LIMITS) as { data: { token: string } }).data.token
  } finally {
    socket.close()
  }
}
