import { type Client, connect, RecadoError } from '../../src/client/index.ts'
import type { TestSystem } from '../support/system.ts'
import { type Row, rowOf } from './table.ts'

const SUBSCRIBERS = 4

export interface Load {
  readonly channel: string
  readonly clients: number
  /** Each client's messages under way. */
  readonly window: number
  readonly ms: number
  readonly message: string
}

async function clientsOf(system: TestSystem, channel: string, count: number): Promise<Client[]> {
  const { brokerAddress: broker, proxyAddress: proxy } = system
  const clients = await Promise.all(
    Array.from({ length: count }, (_, index) => connect({ broker, proxy, user: `bench-${index + 1}` })),
  )
  await clients[0]?.createChannel(channel)
  return clients
}

/** The latencies of what was acknowledged at the servers' own level, `quorum`. */
async function publish(clients: readonly Client[], load: Load): Promise<number[]> {
  const latencies: number[] = []
  const until = performance.now() + load.ms
  const lane = async (client: Client): Promise<void> => {
    for (let began = performance.now(); began < until; began = performance.now()) {
      try {
        await client.publish(load.channel, load.message)
        latencies.push(performance.now() - began)
      } catch (error) {
        if (!(error instanceof RecadoError) || !error.retryable) throw error
      }
    }
  }
  await Promise.all(clients.flatMap((client) => Array.from({ length: load.window }, () => lane(client))))
  return latencies
}

/** Acknowledged publications. */
export async function benchPublish(system: TestSystem, load: Load): Promise<Row> {
  const clients = await clientsOf(system, load.channel, load.clients)
  try {
    await publish(clients, { ...load, ms: load.ms / 4 })
    const began = performance.now()
    const latencies = await publish(clients, load)
    const what = `publications at quorum, ${load.clients} × ${load.window} under way`
    return rowOf(what, latencies.length, performance.now() - began, latencies)
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}

/** Publications that reach subscribers through the library, live or mended from history, in their order. */
export async function benchDeliver(system: TestSystem, load: Load): Promise<Row> {
  const publishers = await clientsOf(system, load.channel, load.clients)
  const subscribers = await clientsOf(system, load.channel, SUBSCRIBERS)
  let received = 0
  const stop = new AbortController()
  const subscriptions = subscribers.map((client) => client.subscribe(load.channel, { signal: stop.signal }))
  const readers = subscriptions.map(async (subscription) => {
    for await (const _ of subscription) received++
  })
  // Whether a subscription that is stopped ends or throws is no matter of this measurement.
  const ended = Promise.allSettled(readers)
  try {
    await Promise.all(subscriptions.map(({ ready }) => ready))
    await publish(publishers, { ...load, ms: load.ms / 4 })
    const [before, began] = [received, performance.now()]
    await publish(publishers, load)
    return rowOf(`deliveries to ${SUBSCRIBERS} subscribers`, received - before, performance.now() - began)
  } finally {
    stop.abort()
    await Promise.all([...publishers, ...subscribers].map((client) => client.close()))
    await ended
  }
}
