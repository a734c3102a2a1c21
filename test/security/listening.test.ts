import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import { type Client, connect } from '../../src/client/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { INNER, PREFIXES } from './attacks/listeners.ts'
import { secretOf } from './attacks/users.ts'
import { curveOf, hear, tokenOf } from './spies.ts'
import { metric } from './strangers.ts'

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
  return connect({ broker, proxy, keysDir: keysDir as string, user, secret: secretOf(user) })
}

/** A plain SUB socket with a client's keys. */
function spy(...topics: string[]) {
  const heard = hear(system.proxyAddress, curveOf(system), topics)
  open.push(heard)
  return heard.topics
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
    const requests = [...PREFIXES, ...INNER]
    const spies = requests.map((topic) => spy(topic))
    const withEves = spy('user/bob/', `grant/${await tokenOf(system, 'eve', secretOf('eve'))}/`)
    const forged = spy(
      'user/bob/',
      `grant/${(await tokenOf(system, 'eve', secretOf('eve'))).replace('eve:', 'bob:')}/`,
    )
    const bobs = spy('user/bob/', `grant/${await tokenOf(system, 'bob', secretOf('bob'))}/`)
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
    const grant = `grant/${await tokenOf(system, 'bob', secretOf('bob'))}/`
    for (let round = 0; round < 50; round++) {
      const socket = new zmq.Subscriber({ linger: 0, ...curveOf(system) })
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
