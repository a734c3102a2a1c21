import { setTimeout as delay } from 'node:timers/promises'
import { type Client, connect, RecadoError, type Subscription } from '../../../src/client/index.ts'
import { latencyOf } from '../statistics.ts'
import type { Answer, Commands, Published, Question } from './protocol.ts'

// A process of load: it uses the client library as a program would, and does what its parent asks.

const MESSAGE_BYTES = 128
const LATENCIES_MAX = 100_000
/** Of paced messages, with all clients together. */
const UNDER_WAY_MAX = 1000
const MESSAGE = 'x'.repeat(MESSAGE_BYTES)

let clients: Client[] = []
let channel = ''
let received = 0
let acknowledged = 0
const delays: number[] = []

const commands: Commands = {
  async connect(given) {
    const { broker, proxy, users, keysDir } = given
    channel = given.channel
    clients = await Promise.all(
      users.map((user) => connect({ broker, proxy, user, ...(keysDir !== undefined && { keysDir }) })),
    )
    await clients[0]?.createChannel(channel)
  },

  async publish({ window, ms }) {
    const latencies: number[] = []
    let failed = 0
    const began = performance.now()
    const until = began + ms
    const lane = async (client: Client): Promise<void> => {
      for (let sent = began; sent < until; sent = performance.now()) {
        if (await isAcknowledged(client, MESSAGE)) latencies.push(performance.now() - sent)
        else failed++
      }
    }
    await Promise.all(clients.flatMap((client) => Array.from({ length: window }, () => lane(client))))
    return published(latencies, failed, began)
  },

  async pace({ perSecond, ms }) {
    const latencies: number[] = []
    let [answered, failed, sent] = [0, 0, 0]
    // One of them is the loop that sends.
    let underWay = 1
    const allEnded = Promise.withResolvers<void>()
    const end = (): void => {
      underWay--
      if (underWay === 0) allEnded.resolve()
    }
    const began = performance.now()
    const send = async (client: Client): Promise<void> => {
      const at = performance.now()
      // The newest latencies take the place of the oldest, however long this goes on.
      if (await isAcknowledged(client, stamped()))
        latencies[answered++ % LATENCIES_MAX] = performance.now() - at
      else failed++
    }
    for (let due = began; due < began + ms; due += 1000 / perSecond) {
      const wait = due - performance.now()
      if (wait > 0) await delay(wait)
      // A system that is so far behind does not hold the rate: what is not even sent counts as failed.
      if (underWay > UNDER_WAY_MAX) {
        failed++
        continue
      }
      underWay++
      void send(clients[sent++ % clients.length] as Client).then(end)
    }
    end()
    await allEnded.promise
    return { ...published(latencies, failed, began), acknowledged: answered }
  },

  async subscribe() {
    const subscriptions = clients.map((client) => client.subscribe(channel))
    for (const subscription of subscriptions) void read(subscription)
    await Promise.all(subscriptions.map(({ ready }) => ready))
  },

  acknowledged: () => Promise.resolve(acknowledged),

  received: () => Promise.resolve(received),

  delays: () => Promise.resolve(latencyOf(delays.splice(0))),
}

/** False for what may be tried again; anything else is a fault of the measurement. */
async function isAcknowledged(client: Client, message: string): Promise<boolean> {
  try {
    await client.publish(channel, message)
    acknowledged++
    return true
  } catch (error) {
    if (error instanceof RecadoError && error.retryable) return false
    throw error
  }
}

function published(latencies: readonly number[], failed: number, began: number): Published {
  return {
    acknowledged: latencies.length,
    failed,
    tookMs: performance.now() - began,
    latency: latencyOf(latencies),
  }
}

/** The time of a clock that all processes of this machine share, in ns, and filling. */
function stamped(): string {
  return `${process.hrtime.bigint()} `.padEnd(MESSAGE_BYTES, 'x')
}

async function read(subscription: Subscription): Promise<void> {
  for await (const { message } of subscription) {
    received++
    if (typeof message !== 'string' || message.startsWith('x')) continue
    const sent = BigInt(message.slice(0, message.indexOf(' ')))
    delays.push(Number(process.hrtime.bigint() - sent) / 1e6)
  }
}

async function obey({ number, command, given }: Question): Promise<void> {
  const answer = await (commands[command] as (given: unknown) => Promise<unknown>)(given).then(
    (result): Answer => ({ number, result }),
    (error: unknown): Answer => ({ number, error: String(error) }),
  )
  process.send?.(answer)
}

process.on('message', (question: Question) => void obey(question))
process.on('disconnect', () => process.exit(0))
