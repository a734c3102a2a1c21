import { describe, expect, it } from 'vitest'
import { Broker, type BrokerOptions } from '../../src/broker/index.ts'
import { LamportClock } from '../../src/clocks/index.ts'
import {
  type BackendHead,
  encode,
  parseBackendHead,
  parseReplies,
  type Requests,
  splitBodies,
} from '../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const CLUSTER = 'default/recado'
const EMPTY = new Uint8Array()

interface Given {
  readonly tag: number
  readonly id: string
  readonly connection: number
}

/** A broker with a virtual clock, and what its clients and servers got. */
class Bench {
  readonly world = new VirtualTime()
  readonly broker: Broker
  readonly answers: { client: string; frames: Uint8Array[] }[] = []
  readonly servers = new Map<string, FakeServer>()

  constructor(options: Partial<BrokerOptions> = {}) {
    const process = this.world.process()
    this.broker = new Broker({
      cluster: CLUSTER,
      clientQueue: 100,
      queue: 1000,
      requestDeadlineMs: 10_000,
      lamport: new LamportClock(),
      time: process,
      timers: process,
      log: quietLog,
      metrics: quietMetrics,
      toClient: (client, frames) => this.answers.push({ client, frames }),
      toServer: (id, frames) => this.servers.get(id)?.receive(frames),
      ...options,
    })
    this.broker.start()
    this.world.schedule(0, () => this.#beat())
  }

  server(
    name: string,
    options: { session?: number; incarnation?: number; credit?: number; id?: string } = {},
  ) {
    const server = new FakeServer(this.broker, options.id ?? `socket of ${name}`, name)
    this.servers.set(server.id, server)
    server.ready(options)
    return server
  }

  /** Sends requests with these ids on this connection, and lets them reach a server. */
  request(client: string, ...ids: string[]): void {
    for (const id of ids) this.broker.fromClient(client, [EMPTY, requestBody(id)])
    this.world.run(0)
  }

  /** What the clients were told: `client id` for an answer of a server, `client id code` for an error. */
  get told(): string[] {
    return this.answers.map(({ client, frames }) => {
      const [reply] = parseReplies(frames.at(-1) ?? EMPTY)
      const code = reply?.data.status === 'error' ? ` ${reply.data.code}` : ''
      return `${client} ${reply?.id}${code}`
    })
  }

  #beat(): void {
    for (const server of this.servers.values()) server.beat()
    this.world.schedule(250, () => this.#beat())
  }
}

/** The other end of a registration: it answers only what a test tells it to. */
class FakeServer {
  readonly id: string
  readonly name: string
  readonly got: Given[] = []
  readonly heads: BackendHead[] = []
  silent = false
  #session = 0
  readonly #broker: Broker

  constructor(broker: Broker, id: string, name: string) {
    this.#broker = broker
    this.id = id
    this.name = name
  }

  get ids(): string[] {
    return this.got.map(({ id }) => id)
  }

  ready({ session = 1, incarnation = 1, credit = 1000, cluster = CLUSTER } = {}): void {
    this.#session = session
    this.say({ kind: 'ready', cluster, name: this.name, incarnation, session, credit })
  }

  say(head: BackendHead, bodies?: Uint8Array): void {
    this.#broker.fromServer(this.id, bodies === undefined ? [encode(head)] : [encode(head), bodies])
  }

  beat(): void {
    if (!this.silent) this.say({ kind: 'beat' })
  }

  /** Answers the requests with these ids, or all. */
  answer(...ids: string[]): void {
    const answered = this.got.filter(({ id }) => ids.length === 0 || ids.includes(id))
    const bodies = answered.map(({ id }) => replyBody(id))
    this.say(
      {
        kind: 'replies',
        tags: answered.map(({ tag }) => tag),
        lengths: bodies.map(({ byteLength }) => byteLength),
      },
      Buffer.concat(bodies),
    )
  }

  receive(frames: Uint8Array[]): void {
    const head = parseBackendHead(frames[0] ?? EMPTY)
    this.heads.push(head)
    if (head.kind === 'requests' && head.session === this.#session) this.#take(head, frames[1])
  }

  #take(head: Requests, frame: Uint8Array | undefined): void {
    splitBodies(frame, head.lengths).forEach((body, index) => {
      this.got.push({
        tag: head.tags[index] ?? 0,
        connection: head.connections[index] ?? 0,
        id: idOf(body),
      })
    })
  }
}

function requestBody(id: string): Uint8Array {
  return encode({ service: 'users', id, clock: 1, timestamp: 1, data: {} })
}

function replyBody(id: string): Uint8Array {
  return encode({ service: 'users', id, clock: 2, timestamp: 2, data: { status: 'ok' } })
}

function idOf(body: Uint8Array): string {
  return /m(\d+)/.exec(Buffer.from(body).toString('latin1'))?.[0] ?? ''
}

describe('Broker', () => {
  it('returns the reply with the whole envelope of its request', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    const hop = Buffer.from('another hop')
    bench.broker.fromClient('ana', [hop, EMPTY, requestBody('m1')])
    bench.world.run(0)

    server.answer()

    expect(bench.answers).toHaveLength(1)
    expect(bench.answers[0]?.frames.slice(0, 2)).toEqual([hop, EMPTY])
    expect(bench.told).toEqual(['ana m1'])
  })

  it("sends one turn's bodies to a server in one message", () => {
    const bench = new Bench()
    const server = bench.server('s1')

    bench.request('ana', 'm1', 'm2')

    expect(server.heads.filter(({ kind }) => kind === 'requests')).toHaveLength(1)
    expect(server.ids).toEqual(['m1', 'm2'])
  })

  it("cuts one turn's bodies into messages that fit into a frame", () => {
    const bench = new Bench()
    const server = bench.server('s1')
    const big = encode({
      service: 'publish',
      id: 'm1',
      clock: 1,
      timestamp: 1,
      data: { m: Buffer.alloc(1_000_000) },
    })

    for (let i = 0; i < 20; i++) bench.broker.fromClient('ana', [EMPTY, big])
    bench.world.run(0)

    const requests = server.heads.filter((head) => head.kind === 'requests')
    const sizes = requests.map(({ lengths }) => lengths.reduce((sum, length) => sum + length, 0))
    expect(Math.max(...sizes)).toBeLessThan(4 * 1024 * 1024)
    expect(server.got).toHaveLength(20)
  })

  it("keeps a connection's requests at one server, and gives a new connection to the least busy", () => {
    const bench = new Bench()
    const [one, two] = [bench.server('s1'), bench.server('s2')]

    bench.request('ana', 'm1', 'm2', 'm3')
    bench.request('bob', 'm4')
    bench.request('ana', 'm5')
    bench.request('eva', 'm6')

    const [first, second] = one.ids.includes('m1') ? [one, two] : [two, one]
    expect(first.ids).toEqual(['m1', 'm2', 'm3', 'm5'])
    expect(second.ids).toEqual(['m4', 'm6'])
    expect(new Set(first.got.map(({ connection }) => connection)).size).toBe(1)
  })

  it('passes what a silent server held on to another, in the order of each connection', () => {
    const bench = new Bench()
    const one = bench.server('s1')
    bench.request('ana', 'm1', 'm2')
    bench.request('bob', 'm3')
    bench.request('ana', 'm4')
    const two = bench.server('s2')
    one.answer('m1')

    one.silent = true
    bench.world.run(2000)

    expect(bench.broker.servers).toBe(1)
    expect(two.ids.filter((id) => id !== 'm3')).toEqual(['m2', 'm4'])
    expect(two.ids).toContain('m3')
    two.answer()
    expect(bench.told.toSorted()).toEqual(['ana m1', 'ana m2', 'ana m4', 'bob m3'])
  })

  it('keeps what came meanwhile behind what it passes on', () => {
    const bench = new Bench()
    const one = bench.server('s1', { credit: 2 })
    bench.request('ana', 'm1', 'm2', 'm3')
    one.silent = true
    bench.world.run(1000)
    bench.request('ana', 'm4')
    const two = bench.server('s2')

    bench.world.run(1000)

    expect(two.ids).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  it('drops the late answer of a server that was taken for dead', () => {
    const bench = new Bench()
    const one = bench.server('s1')
    bench.request('ana', 'm1')
    const two = bench.server('s2')
    one.silent = true
    bench.world.run(2000)

    one.answer('m1')
    two.answer('m1')

    expect(bench.told).toEqual(['ana m1'])
  })

  it('takes nobody for dead after it stood still itself', () => {
    let stoodMs = 0
    let now = (): number => 0
    const bench = new Bench({ time: { monotonic: () => now() + stoodMs, wall: () => 0 } })
    now = () => bench.world.now
    bench.server('s1')
    bench.world.run(200)

    stoodMs = 5000
    bench.world.run(200)

    expect(bench.broker.servers).toBe(1)
  })

  it('asks a server that it does not know to register', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    server.silent = true
    bench.world.run(2000)
    server.heads.length = 0

    // Its beats of a while without a connection come all at once.
    server.say({ kind: 'beat' })
    server.say({ kind: 'beat' })

    expect(server.heads).toEqual([{ kind: 'beat', registered: false }])
  })

  it('passes on what a server held when that registers anew', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1', 'm2')
    const [former] = server.got.splice(0)

    server.ready({ session: 2 })
    bench.world.run(0)

    expect(server.ids).toEqual(['m1', 'm2'])
    expect(server.got.map(({ tag }) => tag)).not.toContain(former?.tag)
  })

  it('passes on what a server held when a newer process of its name registers', () => {
    const bench = new Bench()
    bench.server('s1')
    bench.request('ana', 'm1')

    const newer = bench.server('s1', { incarnation: 2, id: 'another socket' })
    bench.world.run(0)

    expect(newer.ids).toEqual(['m1'])
    expect(bench.broker.servers).toBe(1)
  })

  it('changes nothing when the same registration comes again', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')

    server.ready()
    bench.world.run(0)

    expect(server.ids).toEqual(['m1'])
  })

  it('refuses an older process of a registered name, and a server of another cluster', () => {
    const bench = new Bench()
    bench.server('s1', { incarnation: 5 })
    const older = bench.server('s1', { incarnation: 4, id: 'another socket' })
    const stranger = new FakeServer(bench.broker, 'stranger', 's9')
    bench.servers.set('stranger', stranger)

    stranger.ready({ cluster: 'other/recado' })

    expect(older.heads[0]?.kind).toBe('refused')
    expect(stranger.heads[0]?.kind).toBe('refused')
    expect(bench.broker.servers).toBe(1)
  })

  it('gives a leaving server nothing new, and its connections to another once it has answered them', () => {
    const bench = new Bench()
    const one = bench.server('s1')
    bench.request('ana', 'm1', 'm2')
    const two = bench.server('s2')

    one.say({ kind: 'bye' })
    bench.request('ana', 'm3')
    bench.request('bob', 'm4')
    expect(one.ids).toEqual(['m1', 'm2'])
    expect(two.ids).toEqual(['m4'])
    one.answer('m1')
    bench.world.run(0)
    expect(two.ids).toEqual(['m4'])
    one.answer('m2')
    bench.world.run(0)

    expect(two.ids).toEqual(['m4', 'm3'])
    expect(bench.told).toEqual(['ana m1', 'ana m2'])
  })

  it('takes back what it had not sent yet when a server leaves', () => {
    const bench = new Bench()
    const one = bench.server('s1')
    bench.broker.fromClient('ana', [EMPTY, requestBody('m1')])
    bench.broker.fromClient('ana', [EMPTY, requestBody('m2')])
    const two = bench.server('s2')

    one.say({ kind: 'bye' })
    bench.world.run(0)

    expect(one.ids).toEqual([])
    expect(two.ids).toEqual(['m1', 'm2'])
  })

  it('never gives a server more than its credit, and connections turns at what becomes free', () => {
    const bench = new Bench()
    const server = bench.server('s1', { credit: 2 })
    bench.request('ana', 'm1', 'm2', ...Array.from({ length: 80 }, (_, i) => `m1${i + 10}`))
    bench.request('bob', 'm3')
    expect(server.ids).toEqual(['m1', 'm2'])

    for (let round = 0; round < 60; round++) {
      const held = server.got.splice(0)
      expect(held.length).toBeLessThanOrEqual(2)
      const told = bench.told.length
      server.got.push(...held)
      server.answer()
      server.got.length = 0
      expect(bench.told.length).toBe(told + held.length)
      bench.world.run(0)
    }

    // Bob came last; he need not wait until all that Ana has is done.
    expect(bench.told.indexOf('bob m3')).toBeLessThan(50)
    expect(bench.told).toHaveLength(83)
    const ana = bench.told.filter((line) => line.startsWith('ana'))
    expect(ana).toEqual(['ana m1', 'ana m2', ...Array.from({ length: 80 }, (_, i) => `ana m1${i + 10}`)])
  })

  it('answers overloaded beyond the queue of one client', () => {
    const bench = new Bench({ clientQueue: 2 })

    bench.request('ana', 'm1', 'm2', 'm3')
    bench.request('bob', 'm4')

    expect(bench.told).toEqual(['ana m3 overloaded'])
  })

  it('answers overloaded beyond the queue of all clients', () => {
    const bench = new Bench({ queue: 2 })

    bench.request('ana', 'm1')
    bench.request('bob', 'm2')
    bench.request('eva', 'm3')

    expect(bench.told).toEqual(['eva m3 overloaded'])
  })

  it('answers every request of a batch that it refuses', () => {
    const bench = new Bench({ clientQueue: 0 })
    const batch = encode(
      ['m1', 'm2'].map((id) => ({ service: 'users', id, clock: 1, timestamp: 1, data: {} })),
    )

    bench.broker.fromClient('ana', [EMPTY, batch])

    const replies = parseReplies(bench.answers[0]?.frames.at(-1) ?? EMPTY)
    expect(replies.map(({ id, data }) => [id, data.status])).toEqual([
      ['m1', 'error'],
      ['m2', 'error'],
    ])
  })

  it('forgets a connection that is idle, and knows it as another when it comes back', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')
    server.answer()
    bench.world.run(70_000)

    bench.request('ana', 'm2')

    const [before, after] = server.got
    expect(after?.connection).not.toBe(before?.connection)
  })

  it('has room again for what was answered', () => {
    const bench = new Bench({ clientQueue: 1, queue: 1 })
    const server = bench.server('s1')

    for (const id of ['m1', 'm2', 'm3']) {
      bench.request('ana', id)
      server.answer(id)
    }

    expect(bench.told).toEqual(['ana m1', 'ana m2', 'ana m3'])
  })

  it('answers unavailable at the deadline when there is no server', () => {
    const bench = new Bench({ requestDeadlineMs: 1000 })
    bench.request('ana', 'm1')
    bench.world.run(900)
    expect(bench.told).toEqual([])

    bench.world.run(200)

    expect(bench.told).toEqual(['ana m1 unavailable'])
    expect(bench.broker.outstanding).toBe(0)
    const server = bench.server('s1')
    bench.world.run(0)
    expect(server.ids).toEqual([])
  })

  it('answers unavailable at the deadline when its server does not answer, and never twice', () => {
    const bench = new Bench({ requestDeadlineMs: 1000 })
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2')

    bench.world.run(1100)
    server.answer('m1')

    expect(bench.told).toEqual(['ana m1 unavailable', 'ana m2 unavailable'])
  })

  it('takes credit back for what a living server never answers', () => {
    const bench = new Bench({ requestDeadlineMs: 1000 })
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1')
    bench.world.run(1500)
    bench.request('bob', 'm2')
    expect(server.ids).toEqual(['m1'])

    bench.world.run(700)

    expect(server.ids).toEqual(['m1', 'm2'])
  })

  it('keeps requests for the first server that registers', () => {
    const bench = new Bench()
    bench.request('ana', 'm1', 'm2')

    const server = bench.server('s1')
    bench.world.run(0)

    expect(server.ids).toEqual(['m1', 'm2'])
  })

  it('uses no tag of a former life again', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')
    const later = new Bench()
    later.world.run(10)
    const restarted = new Bench({ time: later.world.process() })
    const again = restarted.server('s1')

    restarted.request('ana', 'm1')

    expect(again.got[0]?.tag).toBeGreaterThan((server.got[0]?.tag ?? 0) + 1000)
    expect(Number.isSafeInteger(again.got[0]?.tag)).toBe(true)
  })

  it.each([
    ['has no delimiter', [requestBody('m1')], 'bad_request'],
    ['has two bodies', [EMPTY, requestBody('m1'), requestBody('m1')], 'bad_request'],
    ['has only a delimiter', [EMPTY], 'bad_request'],
    ['is too large', [EMPTY, Buffer.alloc(1024 * 1024 + 1)], 'too_large'],
  ])('answers a message that %s', (_, frames, code) => {
    const bench = new Bench()
    const server = bench.server('s1')

    bench.broker.fromClient('ana', frames)
    bench.world.run(0)

    expect(server.ids).toEqual([])
    expect(bench.told.map((line) => line.split(' ').at(-1))).toEqual([code])
  })

  it.each([
    ['bytes that are no MessagePack', [Buffer.from([0xc1])]],
    ['replies whose lengths disagree', [encode({ kind: 'replies', tags: [1], lengths: [5] }), EMPTY]],
    ['a head of another kind', [encode({ kind: 'hello' })]],
    ['nothing', []],
  ])('drops %s from a server', (_, frames) => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')

    bench.broker.fromServer(server.id, frames)
    server.answer()

    expect(bench.told).toEqual(['ana m1'])
  })
})
