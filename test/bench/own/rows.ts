import { setTimeout as delay } from 'node:timers/promises'
import type { TestSystem } from '../../support/system.ts'
import type { Measured, Row } from '../measured.ts'
import { type Use, watchProcessors } from '../processors.ts'
import { Load } from './load.ts'

const CHANNEL = 'bench'
/** Subscriptions are to a channel of their own, so that other rows' messages are not theirs to read. */
const LIVE = 'live'
const SUBSCRIBERS = 4
/** Few enough that nothing waits for anything before it. */
const UNLOADED_PER_SECOND = 100
const IDLE_MS = 10_000
/** After a load, until files are written and garbage is collected. */
const REST_MS = 30_000

/** A running system, and how to measure on it. */
export interface Session {
  readonly system: TestSystem
  /** How long a row is measured. */
  readonly ms: number
  /** More settings for processes of load, by their names. */
  readonly env: (name: string) => Readonly<Record<string, string>>
  /** Called around what is measured, with all processes by name. */
  readonly around?: (pids: Readonly<Record<string, number>>, work: () => Promise<void>) => Promise<void>
}

export interface OwnRow extends Row {
  readonly measure: (session: Session) => Promise<Measured>
}

export const OWN_ROWS: readonly OwnRow[] = [
  publishing('one-1', 'one at a time, 1 client', 1, 1),
  publishing('one-8', 'one at a time, 8 clients', 8, 1),
  publishing('pipelined-256', '256 in flight, 1 client', 1, 256),
  publishing('pipelined-1000', '1,000 in flight, 1 client', 1, 1000),
  publishing('pipelined-4x256', '256 in flight from each of 4 clients', 4, 256),
  {
    name: 'delay',
    what: `publication to subscriber, ${UNLOADED_PER_SECOND} a second`,
    measure: measureDelay,
  },
  { name: 'deliveries', what: `deliveries to ${SUBSCRIBERS} subscribers`, measure: measureDeliveries },
  { name: 'idle', what: 'all processes idle', measure: measureIdle },
]

function publishing(name: string, what: string, clients: number, window: number): OwnRow {
  return {
    name,
    what,
    async measure(session) {
      await using loads = new Loads(session)
      const load = await loads.start('publisher', { channel: CHANNEL, clients })
      await load.ask('publish', { window, ms: warmUpMs(session) })
      return await measured(session, loads, async () => {
        const { acknowledged, failed, tookMs, latency } = await load.ask('publish', {
          window,
          ms: session.ms,
        })
        return { perSecond: (acknowledged / tookMs) * 1000, latency, failed }
      })
    },
  }
}

/** From the call to `publish` to the loop over a subscription in another process, with nothing else to do. */
async function measureDelay(session: Session): Promise<Measured> {
  await using loads = new Loads(session)
  const publisher = await loads.start('publisher', { channel: LIVE })
  const subscriber = await loads.start('subscriber', { channel: LIVE })
  await subscriber.ask('subscribe', {})
  await publisher.ask('pace', { perSecond: UNLOADED_PER_SECOND, ms: warmUpMs(session) })
  await subscriber.ask('delays', {})
  return await measured(session, loads, async () => {
    const { acknowledged, failed, tookMs } = await publisher.ask('pace', {
      perSecond: UNLOADED_PER_SECOND,
      ms: session.ms,
    })
    return {
      perSecond: (acknowledged / tookMs) * 1000,
      failed,
      latency: await subscriber.ask('delays', {}),
    }
  })
}

/** What reaches the loops over subscriptions, in order and each once, while one client publishes. */
async function measureDeliveries(session: Session): Promise<Measured> {
  await using loads = new Loads(session)
  const publisher = await loads.start('publisher', { channel: LIVE })
  const subscribers = await Promise.all(
    Array.from({ length: SUBSCRIBERS }, (_, index) =>
      loads.start(`subscriber-${index + 1}`, { channel: LIVE }),
    ),
  )
  await Promise.all(subscribers.map((subscriber) => subscriber.ask('subscribe', {})))
  const received = async (): Promise<number> => {
    const counts = await Promise.all(subscribers.map((subscriber) => subscriber.ask('received', {})))
    return counts.reduce((sum, count) => sum + count, 0)
  }
  const window = 1000
  await publisher.ask('publish', { window, ms: warmUpMs(session) })
  return await measured(session, loads, async () => {
    const [before, began] = [await received(), performance.now()]
    const { acknowledged, failed, tookMs } = await publisher.ask('publish', { window, ms: session.ms })
    return {
      perSecond: (((await received()) - before) / (performance.now() - began)) * 1000,
      publicationsPerSecond: (acknowledged / tookMs) * 1000,
      failed,
    }
  })
}

async function measureIdle(session: Session): Promise<Measured> {
  await using loads = new Loads(session)
  await delay(REST_MS)
  return await measured(session, loads, async () => {
    await delay(IDLE_MS)
    return {}
  })
}

/** The processes of load of one row, which end with it. */
class Loads implements AsyncDisposable {
  readonly all: Load[] = []
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async start(name: string, options: { channel: string; clients?: number }): Promise<Load> {
    const load = await Load.start(name, this.#session.system, { ...options, env: this.#session.env(name) })
    this.all.push(load)
    return load
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((load) => load.stop()))
  }
}

async function measured(
  session: Session,
  loads: Loads,
  work: () => Promise<Omit<Measured, 'use'>>,
): Promise<Measured> {
  const pids = Object.fromEntries(
    [...session.system.processes, ...loads.all].map(({ name, pid }) => [name, pid as number]),
  )
  const around = session.around ?? ((_, measure) => measure())
  let result: Measured = {}
  await around(pids, async () => {
    const stop = watchProcessors(pids)
    const counted = await work()
    const use: Use = stop()
    result = { ...counted, use }
  })
  return result
}

/** Long enough for most of the code of every process to be optimised: that takes a thousand calls, of one message each. */
function warmUpMs({ ms }: Session): number {
  return Math.max(1000, ms * 2.5)
}
