import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client/index.ts'
import type { Subscriber } from '../../src/ports/index.ts'
import type { Request } from '../../src/wire/index.ts'
import { answeringBroker } from '../support/answering-broker.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

const PROXY = 'tcp://10.0.0.2:5558'

/** A client whose broker answers everything, and which of its proxies it opened sockets to and has not closed. */
function setUp(answer: (request: Request) => object = () => ({ messages: [], next: '', more: false })) {
  const world = new VirtualTime()
  const time = world.process()
  const { openDealer, sent } = answeringBroker(world, answer)
  const open: string[] = []
  const openSubscriber = (address: string): Subscriber => {
    open.push(address)
    return {
      subscribe() {},
      unsubscribe() {},
      receive() {},
      close: () => {
        open.splice(open.indexOf(address), 1)
        return Promise.resolve()
      },
    }
  }
  const options = { time, timers: time, chance: seededChance(1), deadlineMs: 10_000 }
  const client = new Client({ ...options, openDealer, openSubscriber })
  client.setBrokers(['tcp://10.0.0.1:5555'])
  client.setProxies([PROXY])
  return { world, client, sent, open }
}

describe('A subscription of a client', () => {
  it('is refused as its requests are once it is closed, and opens nothing', async () => {
    const { world, client, sent, open } = setUp()
    client.subscribe('news')
    const before = [...open]
    await client.close()

    expect(() => client.subscribe('news')).toThrow(
      expect.objectContaining({ code: 'unavailable', message: 'The client is closed' }),
    )
    client.setProxies(['tcp://10.0.0.3:5558'])
    await world.advance(20_000)
    expect(before).toEqual([PROXY])
    expect(open).toEqual([])
    expect(sent).toEqual([])
  })

  it('is let go of when its signal was aborted before: any number of them leave room for others', async () => {
    const { client } = setUp()
    const reason = new Error('gone')
    const signal = AbortSignal.abort(reason)
    const aborted = Array.from({ length: 1025 }, () => client.subscribe('news', { signal }))

    await expect(aborted.at(-1)?.next()).rejects.toBe(reason)
    await expect(aborted.at(-1)?.ready).rejects.toBe(reason)
    for (let n = 0; n < 1024; n++) client.subscribe('news')
    expect(() => client.subscribe('news')).toThrow(expect.objectContaining({ code: 'overloaded' }))
    await client.close()
  })
})
