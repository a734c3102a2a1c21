import { describe, expect, it } from 'vitest'
import { Check, type Finding } from '../../src/client/bot/check.ts'
import { Bot } from '../../src/client/bot/index.ts'
import { read, type Said, write } from '../../src/client/bot/message.ts'
import { Client } from '../../src/client/client.ts'
import type { Dealer, Log, Metrics, Subscriber } from '../../src/ports/index.ts'
import {
  CLIENT_LIMITS,
  channelTopic,
  decode,
  encode,
  type Publication,
  type Request,
  userTopic,
} from '../../src/wire/index.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

/** One server that keeps all in memory, its broker and its proxy. `spoil` changes what is kept and published. */
class Memory {
  readonly users = new Set<string>()
  readonly messages: Publication[] = []
  spoil: (publication: Publication) => Publication | undefined = (publication) => publication
  readonly #subscribers = new Set<(topic: string, body: Uint8Array) => void>()
  readonly #last = new Map<string, number>()

  dealer(): Dealer {
    let answer: (frames: Uint8Array[]) => void = () => {}
    return {
      send: (frames) => {
        const value = decode(frames[1] as Uint8Array, CLIENT_LIMITS)
        const requests = (Array.isArray(value) ? value : [value]) as Request[]
        const replies = requests.map((request) => ({
          ...request,
          data: { status: 'ok', ...this.#serve(request) },
        }))
        answer([new Uint8Array(), encode(replies)])
        return true
      },
      receive: (handler) => {
        answer = handler
      },
      close: () => Promise.resolve(),
    }
  }

  subscriber(): Subscriber {
    const topics = new Set<string>()
    let handler: (topic: string, body: Uint8Array) => void = () => {}
    const deliver = (topic: string, body: Uint8Array): void => {
      if (topics.has(topic)) handler(topic, body)
    }
    this.#subscribers.add(deliver)
    return {
      subscribe: (topic) => void topics.add(topic),
      unsubscribe: (topic) => void topics.delete(topic),
      receive: (receiver) => {
        handler = receiver
      },
      close: () => {
        this.#subscribers.delete(deliver)
        return Promise.resolve()
      },
    }
  }

  #serve({ service, id, data }: Request): object {
    if (service === 'login') this.users.add(data['user'] as string)
    if (service === 'users') return { users: [...this.users] }
    if (service === 'history') return this.#history(data)
    return service === 'publish' || service === 'message' ? this.#say(id, data) : {}
  }

  #say(id: string, data: Request['data']): object {
    const { user, channel, to, message } = data as {
      user: string
      channel?: string
      to?: string
      message: string
    }
    const seq = this.messages.length + 1
    const topic = channel === undefined ? userTopic(to as string) : channelTopic(channel)
    const operation = { clock: seq, origin: 'server-1', incarnation: 1, seq }
    const where = channel === undefined ? { to: to as string } : { channel }
    const previous = this.#last.get(topic) ?? 0
    this.#last.set(topic, seq)
    const said = { clock: seq, timestamp: seq, operation, previous, id, user, ...where, message }
    const kept = this.spoil(said)
    this.messages.push(kept ?? { ...said, channel: 'lost' })
    if (kept !== undefined) for (const deliver of this.#subscribers) deliver(topic, encode(kept))
    return { operation }
  }

  #history({ channel, user, after }: Request['data']): object {
    const passed = Number(after ?? 0)
    const messages = this.messages
      .filter((message) => message.operation.seq > passed)
      .filter((message) =>
        channel === undefined
          ? message.to !== undefined && [message.to, message.user].includes(user as string)
          : message.channel === channel,
      )
      .slice(0, 500)
    return { messages, next: `${messages.at(-1)?.operation.seq ?? passed}`, more: false }
  }
}

const quiet: Log = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  enabled: () => false,
  child: () => quiet,
}

class Counts implements Metrics {
  readonly values = new Map<string, number>()
  add(name: string, value = 1, labels: Readonly<Record<string, string>> = {}): void {
    const key = [name, ...Object.values(labels)].join(' ')
    this.values.set(key, (this.values.get(key) ?? 0) + value)
  }
  set(name: string, value: number): void {
    this.values.set(name, value)
  }
  observe(): void {}
}

interface World {
  readonly memory: Memory
  readonly bots: readonly Bot[]
  readonly counts: Counts
  run(ms: number): Promise<void>
}

function setUp(names: readonly string[]): World {
  const world = new VirtualTime()
  const memory = new Memory()
  const counts = new Counts()
  const bots = names.map((name, index) => {
    const time = world.process()
    const ports = { time, timers: time, chance: seededChance(index + 1), log: quiet, metrics: counts }
    const client = new Client({
      ...ports,
      openDealer: () => memory.dealer(),
      openSubscriber: () => memory.subscriber(),
      deadlineMs: 10_000,
    })
    client.setBrokers(['tcp://broker:1'])
    client.setProxies(['tcp://proxy:1'])
    return new Bot({ ...ports, name, channels: ['general', 'news'], rate: 10, client })
  })
  const run = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      world.run(20)
      await new Promise((resolve) => void setImmediate(resolve))
    }
  }
  return { memory, bots, counts, run }
}

function startAll(world: World): void {
  for (const bot of world.bots) void bot.start()
}

describe('Bot', () => {
  it('publishes and sends messages, and finds nothing wrong where nothing is', async () => {
    const world = setUp(['client-1', 'client-2'])
    startAll(world)
    await world.run(90_000)
    const findings = [...world.counts.values.keys()].filter((key) => key.includes('findings'))

    expect(findings).toEqual([])
    expect(world.counts.values.get('recado_client_operations_total ok')).toBeGreaterThan(1500)
    expect(world.counts.values.get('recado_client_received_total')).toBeGreaterThan(1500)
    expect(world.memory.messages.some((message) => message.to !== undefined)).toBe(true)
  })

  it('finds acknowledged messages that never come', async () => {
    const world = setUp(['client-1', 'client-2'])
    let lost = 0
    world.memory.spoil = (publication) => {
      if (publication.operation.seq % 50 !== 0) return publication
      lost++
      return undefined
    }
    startAll(world)
    await world.run(90_000)

    expect(lost).toBeGreaterThan(0)
    expect(world.counts.values.get('recado_client_findings_total missing')).toBeGreaterThan(0)
  })

  it('finds messages that were altered', async () => {
    const world = setUp(['client-1'])
    world.memory.spoil = (publication) => ({
      ...publication,
      message: (publication.message as string).replace(' 7 ', ' 8 '),
    })
    startAll(world)
    await world.run(20_000)

    expect(world.counts.values.get('recado_client_findings_total altered')).toBeGreaterThan(0)
  })

  it('stops saying anything when it is stopped', async () => {
    const world = setUp(['client-1'])
    startAll(world)
    await world.run(2000)
    world.bots[0]?.stop()
    const before = world.memory.messages.length
    await world.run(2000)

    expect(before).toBeGreaterThan(0)
    expect(world.memory.messages).toHaveLength(before)
  })
})

describe('Check', () => {
  const said: Said = { sender: 'ana', run: 1, topic: 'general', count: 1, acknowledged: 0 }
  const publication = (seq: number, message: string): Publication => ({
    clock: seq,
    timestamp: 0,
    operation: { clock: seq, origin: 'server-1', incarnation: 1, seq },
    previous: 0,
    id: `${seq}`,
    user: 'ana',
    channel: 'general',
    message,
  })
  const setUpCheck = (): { check: Check; findings: Finding[] } => {
    const findings: Finding[] = []
    return { check: new Check('general', (finding) => findings.push(finding)), findings }
  }

  it('finds what comes out of order, and what comes twice', () => {
    const { check, findings } = setUpCheck()
    check.received(publication(5, write(said)), 0)
    check.received(publication(4, write({ ...said, count: 2 })), 0)
    check.received(publication(6, write(said)), 0)

    expect(findings).toEqual(['order', 'duplicate'])
  })

  it('finds missing what the sender knows to be acknowledged, when it has had its time', () => {
    const { check, findings } = setUpCheck()
    check.received(publication(1, write(said)), 0)
    check.received(publication(3, write({ ...said, count: 3, acknowledged: 2 })), 0)
    check.review(59_000)
    const early = [...findings]
    check.review(61_000)

    expect(early).toEqual([])
    expect(findings).toEqual(['missing'])
  })

  it('finds nothing missing that comes late, or was never acknowledged', () => {
    const { check, findings } = setUpCheck()
    check.received(publication(1, write(said)), 0)
    check.received(publication(3, write({ ...said, count: 4, acknowledged: 2 })), 0)
    check.received(publication(4, write({ ...said, count: 2, acknowledged: 1 })), 1000)
    check.review(61_000)

    expect(findings).toEqual([])
  })

  it('leaves what people say alone', () => {
    const { check, findings } = setUpCheck()
    check.received(publication(1, 'bom dia'), 0)

    expect(findings).toEqual([])
  })

  it('reads what was written, and knows when it was altered', () => {
    const text = write(said)

    expect(read(text)).toEqual(said)
    expect(read(text.replace('general', 'genera1'))).toBe('altered')
    expect(read('bom dia')).toBeUndefined()
  })
})
