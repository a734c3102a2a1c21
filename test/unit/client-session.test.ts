import { expect, it } from 'vitest'
import { Client } from '../../src/client/index.ts'
import type { Subscriber } from '../../src/ports/index.ts'
import { answeringBroker } from '../support/answering-broker.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

/** A client that has logged in with a secret, upon which it was told this; then it creates a channel and subscribes. */
async function loggedIn(told: object) {
  const world = new VirtualTime()
  const time = world.process()
  const { openDealer, sent } = answeringBroker(world, ({ service }) => (service === 'login' ? told : {}))
  const topics: string[] = []
  const openSubscriber = (): Subscriber => ({
    subscribe: (topic) => void topics.push(topic),
    unsubscribe() {},
    receive() {},
    close: () => Promise.resolve(),
  })
  const options = { time, timers: time, chance: seededChance(1), deadlineMs: 10_000 }
  const client = new Client({ ...options, openDealer, openSubscriber, secret: 'a good secret' })
  client.setBrokers(['tcp://10.0.0.1:5555'])
  client.setProxies(['tcp://10.0.0.2:5558'])
  const login = client.login('ana')
  await world.advance(100)
  await login
  const created = client.createChannel('news')
  client.subscribe('news')
  await world.advance(100)
  await created
  const asked = sent.find(({ service }) => service === 'channel')
  return { data: asked?.data, topics: topics.toSorted() }
}

it('a client carries the token that its login brought, and asks for its own inbox', async () => {
  expect(await loggedIn({ token: 'ana:1:s:x', expires: 1 })).toEqual({
    data: { user: 'ana', channel: 'news', token: 'ana:1:s:x' },
    topics: ['channel/news/', 'grant/ana:1:s:x/', 'user/ana/'],
  })
})

it('a client that has a secret carries no token where the system knows none', async () => {
  expect(await loggedIn({})).toEqual({ data: { user: 'ana', channel: 'news' }, topics: ['channel/news/'] })
})
