import { expect, it } from 'vitest'
import { type Acks, Client } from '../../src/client/index.ts'
import { answeringBroker } from '../support/answering-broker.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

const OPERATION = { clock: 5, origin: 'server-1', incarnation: 7, seq: 3 }

/** What history must hold for a client that said one message with these `acks`. */
async function seenAfter(acks: Acks | undefined): Promise<unknown> {
  const world = new VirtualTime()
  const time = world.process()
  const page = { messages: [], next: '', more: false }
  const { openDealer, sent } = answeringBroker(world, () => ({ operation: OPERATION, ...page }))
  const openSubscriber = (): never => {
    throw new Error('It subscribes to nothing')
  }
  const options = { time, timers: time, chance: seededChance(1), deadlineMs: 10_000 }
  const client = new Client({ ...options, openDealer, openSubscriber })
  client.setBrokers(['tcp://10.0.0.1:5555'])
  for (const act of [
    () => client.login('ana'),
    () => client.publish('news', 'bom dia', { acks }),
    () => client.history('news'),
  ]) {
    const acting = act()
    await world.advance(100)
    await acting
  }
  await client.close()
  return sent.find(({ service }) => service === 'history')?.data['seen']
}

it.each(['quorum', 'all', undefined] as const)(
  'a client reads what it said with acks %s at any server',
  async (acks) => {
    expect(await seenAfter(acks)).toEqual({ 'server-1/7': 3 })
  },
)

it('a client does not wait for what it had on one disk only: it may be lost with that', async () => {
  expect(await seenAfter('one')).toBeUndefined()
})
