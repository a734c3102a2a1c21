import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, connect } from '../../src/client/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { curveOf, hear, type Spy, tokenOf } from './spies.ts'

const TEST_MS = 60_000
const NAMES = ['ana', 'bob', 'eve'] as const

const secretOf = (user: string): string => `secret of ${user}`

let system: TestSystem
let ana: Client
let bob: Client
let eve: Client
let spy: Spy

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  const clients = await Promise.all(
    NAMES.map((user) => connect({ broker, proxy, keysDir: keysDir as string, user, secret: secretOf(user) })),
  )
  ;[ana, bob, eve] = clients as [Client, Client, Client]
  await ana.createChannel('board', { members: ['bob'] })
  await ana.createChannel('public')
  const topics = ['channel/board/', 'channel/public/', 'user/ana/', 'user/bob/', '']
  spy = hear(proxy, curveOf(system), topics)
}, TEST_MS)

afterAll(async () => {
  spy?.close()
  for (const client of [ana, bob, eve]) await client?.close()
  await system?.stop()
})

function listen(client: Client, channel: string): unknown[] {
  const received: unknown[] = []
  void (async () => {
    for await (const { message } of client.subscribe(channel)) received.push(message)
  })().catch((error: unknown) => received.push(error))
  return received
}

const denied = expect.objectContaining({ code: 'denied' })

describe('a private channel', () => {
  it(
    'is used by its members, live and by history, and by nobody else in any way',
    async () => {
      const received = listen(bob, 'board')
      await until(10_000, async () => {
        await ana.publish('board', 'among us')
        await ana.publish('public', 'to all')
        return (
          (received.length > 2 && spy.topics.length > 2) ||
          `${received.length} received, ${spy.topics.length} spied`
        )
      })

      expect(new Set(received)).toEqual(new Set(['among us']))
      expect(new Set(spy.topics)).toEqual(new Set(['channel/public/']))
      expect((await bob.history('board')).messages.map(({ channel }) => channel)).toContain('board')
      for (const act of [
        () => eve.publish('board', 'from outside'),
        () => eve.history('board'),
        () => eve.invite('board', 'eve'),
        () => eve.leave('board'),
        () => eve.createChannel('board'),
        () => eve.createChannel('board', { members: ['eve'] }),
      ]) {
        await expect(act()).rejects.toEqual(denied)
      }
      expect(await eve.channels()).toEqual(['public'])
      expect(await bob.channels()).toEqual(['board', 'public'])
      expect((await eve.history({ user: 'eve' })).messages).toEqual([])
    },
    TEST_MS,
  )

  it(
    "does not show in its members' inboxes",
    async () => {
      const received: unknown[] = []
      void (async () => {
        for await (const { message } of bob.subscribe({ user: 'bob' })) received.push(message)
      })()
      await until(10_000, async () => {
        await ana.publish('board', 'in the channel')
        await ana.message('bob', 'direct')
        return received.length > 2 || `${received.length} received`
      })

      expect(new Set(received)).toEqual(new Set(['direct']))
    },
    TEST_MS,
  )

  it(
    'opens to who is invited, and closes to who leaves, at once',
    async () => {
      await ana.invite('board', 'eve')
      await ana.invite('board', 'eve')
      const received = listen(eve, 'board')
      await until(10_000, async () => {
        await bob.publish('board', 'welcome')
        return received.includes('welcome') || 'nothing received'
      })
      expect((await eve.history('board')).messages.length).toBeGreaterThan(2)
      await eve.leave('board')
      await until(10_000, () =>
        eve.publish('board', 'again').then(
          () => 'still in',
          (error) => (error as { code: string }).code === 'denied',
        ),
      )
      await until(
        10_000,
        () =>
          received.some((each) => (each as { code?: string }).code === 'denied') ||
          'its subscription goes on',
      )
      const grant = `grant/${await tokenOf(system, 'eve', secretOf('eve'))}/`
      const inbox = hear(system.proxyAddress, curveOf(system), ['user/eve/', grant])
      try {
        await until(10_000, async () => {
          await bob.message('eve', 'direct')
          return inbox.messages.includes('direct') || 'her inbox is not heard'
        })
        const bobs = listen(bob, 'board')
        await until(10_000, async () => {
          await ana.publish('board', 'without her')
          const came = bobs.filter((each) => each === 'without her').length
          return came >= 5 || `${came} came to one who is in`
        })
        await ana.message('eve', 'the last')
        await until(10_000, () => inbox.messages.includes('the last') || 'the last has not come')

        expect(new Set(inbox.messages)).toEqual(new Set(['direct', 'the last']))
      } finally {
        inbox.close()
      }
      await expect(ana.invite('board', 'nobody')).rejects.toMatchObject({ code: 'unknown_user' })
      await expect(ana.invite('public', 'eve')).rejects.toMatchObject({ code: 'bad_request' })
      await expect(ana.createChannel('public', { members: ['bob'] })).rejects.toMatchObject({
        code: 'name_taken',
      })
    },
    TEST_MS,
  )

  it(
    'stays private over the death of all servers, and stands in the files with its members',
    async () => {
      const servers = ['server-1', 'server-2', 'server-3']
      await Promise.all(servers.map((name) => system.process(name).kill()))
      for (const name of servers) system.process(name).start()
      await system.ready()

      await expect(eve.history('board')).rejects.toEqual(denied)
      expect((await bob.history('board')).messages.length).toBeGreaterThan(2)
      const registry = (): string => readFileSync(join(system.folder, 'server-1', 'registry.json'), 'utf8')
      await until(10_000, () => registry().includes('"board"') || registry())
      const { private: ofMembers } = JSON.parse(registry()) as {
        private: { channel: string; members: string[] }[]
      }
      expect(ofMembers.find(({ channel }) => channel === 'board')?.members).toContain('bob')
    },
    TEST_MS,
  )
})
