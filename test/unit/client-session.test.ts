import { expect, it } from 'vitest'
import { Client } from '../../src/client/index.ts'
import type { Subscriber } from '../../src/ports/index.ts'
import { answeringBroker } from '../support/answering-broker.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

const EXPIRED = { status: 'error', code: 'not_logged_in', message: 'The token has expired', retryable: false }
const UNHEARD: Subscriber = {
  subscribe() {},
  unsubscribe() {},
  receive() {},
  close: () => Promise.resolve(),
}

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

it('a client sends a permit in place of its secret, and logs in again by the new one', async () => {
  const world = new VirtualTime()
  const time = world.process()
  const { openDealer, sent } = answeringBroker(world, ({ service, data }) => {
    if (service === 'login')
      return { token: `ana:1:${String(data['permit'] ?? data['secret'])}:x`, expires: 1 }
    return data['token'] === 'ana:1:given:x' ? EXPIRED : { users: [] }
  })
  const options = { time, timers: time, chance: seededChance(1), deadlineMs: 10_000, secret: 'a good secret' }
  const client = new Client({ ...options, openDealer, openSubscriber: () => UNHEARD })
  client.setBrokers(['tcp://10.0.0.1:5555'])
  const done = client
    .login('ana', { newSecret: 'another secret', permit: 'given' })
    .then(() => client.users())
  for (let turn = 0; turn < 10; turn++) {
    await world.advance(100)
    await world.drain()
  }
  await done

  expect(sent.filter(({ service }) => service === 'login').map(({ data }) => data)).toEqual([
    { user: 'ana', permit: 'given', new_secret: 'another secret' },
    { user: 'ana', secret: 'another secret' },
  ])
})

it('a client says that a permit is for a new secret', async () => {
  const world = new VirtualTime()
  const time = world.process()
  const { openDealer } = answeringBroker(world, () => ({}))
  const options = { time, timers: time, chance: seededChance(1), deadlineMs: 10_000 }
  const client = new Client({ ...options, openDealer, openSubscriber: () => UNHEARD })

  await expect(client.login('ana', { permit: 'given' })).rejects.toMatchObject({ code: 'bad_request' })
})
