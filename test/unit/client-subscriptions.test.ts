import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client/index.ts'
import type { Subscriber } from '../../src/ports/index.ts'
import type { Request } from '../../src/wire/index.ts'
import { answeringBroker } from '../support/answering-broker.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

const PROXY = 'tcp://10.0.0.2:5558'

/** A client whose broker answers everything, which of its proxies it opened sockets to and has not closed, and what tells it that one is connected. */
function setUp(answer: (request: Request) => object = () => ({ messages: [], next: '', more: false })) {
  const world = new VirtualTime()
  const time = world.process()
  const { openDealer, sent } = answeringBroker(world, answer)
  const open: string[] = []
  const connected = new Map<string, () => void>()
  const openSubscriber = (address: string): Subscriber => {
    open.push(address)
    return {
      subscribe() {},
      unsubscribe() {},
      receive() {},
      onConnect: (callback) => void connected.set(address, callback),
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
  return { world, client, sent, open, connected }
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

  it('reads history at once when a proxy is connected, which may have published something before', async () => {
    const { world, client, sent, connected } = setUp()
    // So that the last answer has come too once the time has passed.
    const passed = async (): Promise<void> => {
      for (let time = 0; time < 2; time++) await world.advance(50)
    }
    const read = (): number => sent.filter(({ service }) => service === 'history').length
    const subscription = client.subscribe('news', { from: 'start' })
    await passed()
    expect(read()).toBe(1)
    connected.get(PROXY)?.()
    await passed()
    expect(read()).toBe(2)
    await world.advance(1500)
    await passed()
    expect(read()).toBe(3)

    client.setProxies(['tcp://10.0.0.3:5558'])
    connected.get(PROXY)?.()
    await passed()
    expect(read()).toBe(3)
    connected.get('tcp://10.0.0.3:5558')?.()
    await passed()
    expect(read()).toBe(4)

    subscription.close()
    connected.get('tcp://10.0.0.3:5558')?.()
    await world.advance(1600)
    await passed()
    expect(read()).toBe(4)
    await client.close()
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
