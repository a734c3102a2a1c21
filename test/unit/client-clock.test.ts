import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client/index.ts'
import type { Subscriber } from '../../src/ports/index.ts'
import { channelTopic, encode } from '../../src/wire/index.ts'
import { answeringBroker } from '../support/answering-broker.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

/** A client whose broker answers everything with clock 1, and whose proxy publishes what a test gives it. */
function setUp() {
  const world = new VirtualTime()
  const time = world.process()
  const { openDealer, sent } = answeringBroker(world, () => ({
    messages: [],
    next: '',
    more: false,
    operation: { clock: 1, origin: 'a', incarnation: 1, seq: 1 },
  }))
  let publish: (topic: string, body: Uint8Array) => void = () => {}
  const openSubscriber = (): Subscriber => ({
    subscribe() {},
    unsubscribe() {},
    receive(handler) {
      publish = handler
    },
    close: () => Promise.resolve(),
  })
  const chance = seededChance(1)
  const client = new Client({ time, timers: time, chance, openDealer, openSubscriber, deadlineMs: 10_000 })
  client.setBrokers(['tcp://10.0.0.1:5555'])
  client.setProxies(['tcp://10.0.0.2:5558'])
  const say = (clock: number): void => {
    const operation = { clock, origin: 'a', incarnation: 1, seq: 7 }
    const said = { clock, timestamp: 1, operation, previous: 0, id: 'x', user: 'rui', channel: 'news' }
    publish(channelTopic('news'), encode({ ...said, message: 'oi' }))
  }
  return { world, time, client, sent, say }
}

/** What a promise gives once virtual time has passed. */
async function after<Value>(world: VirtualTime, promise: Promise<Value>): Promise<Value> {
  await world.advance(100)
  return promise
}

describe('Client', () => {
  it('answers with a higher clock than that of a publication which it has received', async () => {
    const { world, client, sent, say } = setUp()
    await after(world, client.login('ana'))
    client.subscribe('news')
    say(5000)
    await after(world, client.publish('news', 'oi, rui'))

    expect(sent.find(({ service }) => service === 'publish')?.clock).toBeGreaterThan(5000)
  })

  it('passes over a clock that no honest server has counted up to', async () => {
    const { world, time, client, sent, say } = setUp()
    await after(world, client.login('ana'))
    client.subscribe('news')
    say((time.wall() + 60_000) * 1000 + 1)
    await after(world, client.publish('news', 'oi, rui'))

    expect(sent.find(({ service }) => service === 'publish')?.clock).toBeLessThan(100)
  })
})
