import { beforeEach, describe, expect, it } from 'vitest'
import { Broker } from '../../src/broker/index.ts'
import { LamportClock } from '../../src/clocks/index.ts'
import {
  CLIENT_LIMITS,
  encode,
  parseBackendHead,
  parseReplies,
  type Reply,
  splitBodies,
} from '../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const CLUSTER = 'default/recado'
const EMPTY = new Uint8Array()

interface Given {
  readonly tag: number
  readonly connection: number
  readonly text: string
}

/** A broker with its sockets replaced by lists; bodies are plain text here, for a broker does not look into them. */
class World {
  readonly virtual = new VirtualTime()
  readonly time = this.virtual.process()
  readonly toClients: { to: string; frames: readonly Uint8Array[] }[] = []
  readonly toServers: { to: string; frames: readonly Uint8Array[] }[] = []
  readonly broker: Broker

  constructor(options: { clientQueue?: number; queue?: number } = {}) {
    this.broker = new Broker({
      cluster: CLUSTER,
      clientQueue: 4096,
      queue: 65_536,
      requestDeadlineMs: 10_000,
      ...options,
      lamport: new LamportClock(),
      time: this.time,
      timers: this.time,
      log: quietLog,
      metrics: quietMetrics,
      toClient: (to, frames) => void this.toClients.push({ to, frames }),
      toServer: (to, frames) => void this.toServers.push({ to, frames }),
    })
    this.broker.start()
  }

  register(id: string, ready: Record<string, unknown> = {}): void {
    this.say(id, {
      kind: 'ready',
      cluster: CLUSTER,
      name: id,
      incarnation: 1,
      session: 1,
      credit: 100,
      ...ready,
    })
  }

  say(id: string, head: Record<string, unknown>, bodies?: Uint8Array): void {
    this.broker.fromServer(id, bodies === undefined ? [encode(head)] : [encode(head), bodies])
  }

  ask(connection: string, ...texts: string[]): void {
    for (const text of texts) this.broker.fromClient(connection, [EMPTY, Buffer.from(text)])
  }

  /** What went to a server so far, in its order. */
  given(id: string): Given[] {
    this.virtual.run(0)
    return this.toServers.flatMap(({ to, frames }) => {
      const head = parseBackendHead(frames[0] as Uint8Array)
      if (to !== id || head.kind !== 'requests') return []
      const bodies = splitBodies(frames[1], head.lengths)
      return head.tags.map((tag, index) => ({
        tag,
        connection: head.connections[index] as number,
        text: Buffer.from(bodies[index] as Uint8Array).toString(),
      }))
    })
  }

  texts(id: string): string[] {
    return this.given(id).map(({ text }) => text)
  }

  /** The server answers each of these with its text and `!`. */
  answer(id: string, given: readonly Given[]): void {
    const bodies = given.map(({ text }) => Buffer.from(`${text}!`))
    const lengths = bodies.map(({ byteLength }) => byteLength)
    this.say(id, { kind: 'replies', tags: given.map(({ tag }) => tag), lengths }, Buffer.concat(bodies))
  }

  /** The last frames of what went to a client. */
  answers(connection: string): string[] {
    return this.toClients
      .filter(({ to }) => to === connection)
      .map(({ frames }) => Buffer.from(frames.at(-1) as Uint8Array).toString())
  }

  errors(connection: string): (Reply & { code: string })[] {
    return this.toClients
      .filter(({ to }) => to === connection)
      .flatMap(({ frames }) => parseReplies(frames.at(-1) as Uint8Array))
      .map((reply) => ({ ...reply, code: reply.data.status === 'error' ? reply.data.code : 'ok' }))
  }

  /** Lets time pass while these servers are heard. */
  pass(ms: number, ...servers: string[]): void {
    for (let passed = 0; passed < ms; passed += 250) {
      for (const id of servers) this.say(id, { kind: 'beat' })
      this.virtual.run(Math.min(250, ms - passed))
    }
  }

  heads(id: string): Record<string, unknown>[] {
    return this.toServers
      .filter(({ to }) => to === id)
      .map(({ frames }) => ({ ...parseBackendHead(frames[0] as Uint8Array) }))
  }
}

let world: World
beforeEach(() => {
  world = new World()
})

describe('Broker passing requests on', () => {
  it('gives all of one connection to one server, in their order', () => {
    world.register('a')
    world.register('b')
    world.ask('c1', '1', '2', '3')
    world.ask('c2', 'x', 'y')

    const [first, second] = [world.texts('a'), world.texts('b')]
    expect([first, second].toSorted()).toEqual([
      ['1', '2', '3'],
      ['x', 'y'],
    ])
    expect(new Set(world.given('a').map(({ connection }) => connection)).size).toBe(1)
  })

  it('answers with the envelope that the request came in', () => {
    world.register('a')
    const hop = Buffer.from('hop')
    world.broker.fromClient('c1', [hop, EMPTY, Buffer.from('1')])
    world.answer('a', world.given('a'))

    const [reply] = world.toClients
    expect(reply?.to).toBe('c1')
    expect(reply?.frames.map((frame) => Buffer.from(frame).toString())).toEqual(['hop', '', '1!'])
    expect(world.broker.outstanding).toBe(0)
  })

  it('gives a new connection to the server with the least to do', () => {
    world.register('a')
    world.ask('c1', '1', '2', '3')
    world.register('b')
    world.ask('c2', 'x')
    world.ask('c3', 'y')

    expect(world.texts('a')).toEqual(['1', '2', '3'])
    expect(world.texts('b')).toEqual(['x', 'y'])
  })

  it('gives a server no more than its credit, and the rest as it answers', () => {
    world.register('a', { credit: 2 })
    world.ask('c1', '1', '2', '3', '4', '5')
    expect(world.texts('a')).toEqual(['1', '2'])

    world.answer('a', world.given('a').slice(0, 1))
    expect(world.texts('a')).toEqual(['1', '2', '3'])
    world.answer('a', world.given('a').slice(1, 3))
    expect(world.texts('a')).toEqual(['1', '2', '3', '4', '5'])
  })

  it('serves every connection that waits for credit', () => {
    world.register('a', { credit: 1 })
    for (const connection of ['c1', 'c2', 'c3']) world.ask(connection, `${connection}-1`, `${connection}-2`)
    for (let turn = 0; turn < 6; turn++) world.answer('a', world.given('a').slice(-1))

    for (const connection of ['c1', 'c2', 'c3']) {
      expect(world.answers(connection)).toEqual([`${connection}-1!`, `${connection}-2!`])
    }
  })

  it('keeps requests until the first server registers', () => {
    world.ask('c1', '1', '2')
    world.pass(1000)
    world.register('a')

    expect(world.texts('a')).toEqual(['1', '2'])
  })
})

describe('Broker losing a server', () => {
  it('passes on what a silent server did not answer, in its order', () => {
    world.register('a')
    world.ask('c1', '1', '2', '3')
    world.answer('a', world.given('a').slice(1, 2))
    world.register('b')
    world.pass(2000, 'b')

    expect(world.texts('b')).toEqual(['1', '3'])
    expect(world.broker.servers).toBe(1)
  })

  it('keeps what came meanwhile behind what it passes on', () => {
    world.register('a', { credit: 2 })
    world.ask('c1', '1', '2', '3', '4')
    world.pass(2000)
    world.register('b')

    expect(world.texts('b')).toEqual(['1', '2', '3', '4'])
  })

  it('drops what a server answers after its requests were passed on', () => {
    world.register('a')
    world.ask('c1', '1')
    const late = world.given('a')
    world.register('b')
    world.pass(2000, 'b')
    world.answer('a', late)
    expect(world.answers('c1')).toEqual([])

    world.answer('b', world.given('b'))
    expect(world.answers('c1')).toEqual(['1!'])
  })

  it('tells a server that it took for dead to register again', () => {
    world.register('a')
    world.pass(2000)
    world.toServers.length = 0
    world.say('a', { kind: 'beat' })

    expect(world.heads('a')).toEqual([{ kind: 'beat', registered: false }])
  })

  it('passes on what the former registration of the same server held', () => {
    world.register('a', { session: 1 })
    world.ask('c1', '1', '2')
    const late = world.given('a')
    world.register('a', { session: 2 })

    expect(world.texts('a')).toEqual(['1', '2', '1', '2'])
    const sessions = world.heads('a').filter(({ kind }) => kind === 'requests')
    expect(sessions.map(({ session }) => session)).toEqual([1, 2])
    world.answer('a', late)
    expect(world.answers('c1')).toEqual([])
  })

  it('passes on at once when a newer process of the same name registers', () => {
    world.register('a', { name: 'server-1', incarnation: 5 })
    world.ask('c1', '1')
    expect(world.texts('a')).toEqual(['1'])
    world.register('b', { name: 'server-1', incarnation: 6 })

    expect(world.texts('b')).toEqual(['1'])
    expect(world.broker.servers).toBe(1)
  })

  it('refuses an older process of a name that is registered', () => {
    world.register('a', { name: 'server-1', incarnation: 6 })
    world.register('b', { name: 'server-1', incarnation: 5 })
    world.ask('c1', '1')

    expect(world.heads('b')).toMatchObject([{ kind: 'refused' }])
    expect(world.texts('a')).toEqual(['1'])
  })

  it('takes nobody for silent after it stood still itself', () => {
    // No timer ran for a minute, and what was due comes at once.
    let shift = 0
    const time = { monotonic: () => shift, wall: () => 0 }
    const ticks: (() => void)[] = []
    const gone: string[] = []
    const broker = new Broker({
      cluster: CLUSTER,
      clientQueue: 8,
      queue: 8,
      requestDeadlineMs: 100_000,
      lamport: new LamportClock(),
      time,
      timers: {
        soon: (run) => run(),
        after: () => () => {},
        every: (_ms, run) => {
          ticks.push(run)
          return () => {}
        },
      },
      log: { ...quietLog, info: (_fields, message) => void gone.push(message) },
      metrics: quietMetrics,
      toClient: () => {},
      toServer: () => {},
    })
    broker.start()
    broker.fromServer('a', [
      encode({ kind: 'ready', cluster: CLUSTER, name: 'a', incarnation: 1, session: 1, credit: 9 }),
    ])
    for (const tick of ticks) tick()
    shift = 60_000
    for (const tick of ticks) tick()

    expect(broker.servers).toBe(1)
    expect(gone).not.toContain('A server is gone')
  })

  it('gives a server that says bye nothing new, and waits for what it holds', () => {
    world.register('a')
    world.ask('c1', '1')
    const held = world.given('a')
    world.register('b')
    world.say('a', { kind: 'bye' })
    world.ask('c1', '2')
    world.ask('c2', 'x')
    expect(world.texts('a')).toEqual(['1'])
    // The connection's second waits for its first, or they might be answered in another order.
    expect(world.texts('b')).toEqual(['x'])

    world.answer('a', held)
    expect(world.answers('c1')).toEqual(['1!'])
    expect(world.texts('b')).toEqual(['x', '2'])
    expect(world.broker.servers).toBe(1)
  })
})

describe('Broker refusing', () => {
  const request = (id: string) => encode({ service: 'users', id, clock: 1, timestamp: 1, data: {} })
  const ask = (connection: string, id: string) => world.broker.fromClient(connection, [EMPTY, request(id)])

  it('refuses as overloaded what one connection has beyond its queue, and nobody else’s', () => {
    world = new World({ clientQueue: 2 })
    for (const id of ['1', '2', '3']) ask('c1', id)
    ask('c2', 'x')

    expect(world.errors('c1')).toMatchObject([{ id: '3', service: 'users', code: 'overloaded' }])
    expect(world.errors('c2')).toEqual([])
    expect(world.broker.outstanding).toBe(3)
  })

  it('refuses as overloaded what all connections have beyond the whole queue', () => {
    world = new World({ clientQueue: 10, queue: 3 })
    for (const connection of ['c1', 'c2', 'c3', 'c4']) ask(connection, '1')

    expect(world.errors('c4')).toMatchObject([{ code: 'overloaded', data: { retryable: true } }])
    expect(world.broker.outstanding).toBe(3)
  })

  it('takes requests again once others are answered', () => {
    world = new World({ clientQueue: 1 })
    world.register('a')
    world.ask('c1', '1')
    world.answer('a', world.given('a'))
    world.ask('c1', '2')

    expect(world.texts('a')).toEqual(['1', '2'])
  })

  it('answers unavailable at the deadline when no server took the request', () => {
    ask('c1', '1')
    world.virtual.run(9900)
    expect(world.errors('c1')).toEqual([])
    world.virtual.run(200)

    expect(world.errors('c1')).toMatchObject([{ id: '1', code: 'unavailable', data: { retryable: true } }])
    world.register('a')
    expect(world.given('a')).toEqual([])
  })

  it('answers unavailable once when the server is late, and drops its answer', () => {
    world.register('a')
    ask('c1', '1')
    const late = world.given('a')
    world.pass(11_000, 'a')
    world.answer('a', late)

    expect(world.errors('c1')).toMatchObject([{ id: '1', code: 'unavailable' }])
    expect(world.broker.outstanding).toBe(0)
  })

  it('answers every request of a batch that it refuses', () => {
    const batch = ['1', '2'].map((id) => ({ service: 'users', id, clock: 1, timestamp: 1, data: {} }))
    world.broker.fromClient('c1', [EMPTY, encode(batch)])
    world.virtual.run(11_000)

    expect(world.errors('c1')).toMatchObject([
      { id: '1', code: 'unavailable' },
      { id: '2', code: 'unavailable' },
    ])
  })

  it('refuses another cluster’s server', () => {
    world.register('a', { cluster: 'default/other' })
    ask('c1', '1')

    expect(world.broker.servers).toBe(0)
    expect(world.heads('a')).toMatchObject([{ kind: 'refused' }])
  })

  it('refuses a request without the empty frame, or with more than one body', () => {
    world.broker.fromClient('c1', [request('1')])
    world.broker.fromClient('c2', [EMPTY])
    world.broker.fromClient('c3', [EMPTY, request('1'), request('2')])
    world.broker.fromClient('c4', [])

    for (const connection of ['c1', 'c2', 'c3', 'c4']) {
      expect(world.errors(connection)).toMatchObject([{ code: 'bad_request' }])
    }
    expect(world.broker.outstanding).toBe(0)
  })

  it('refuses a body that is too large', () => {
    world.broker.fromClient('c1', [EMPTY, Buffer.alloc(CLIENT_LIMITS.frameBytes + 1)])

    expect(world.errors('c1')).toMatchObject([{ code: 'too_large' }])
    expect(world.broker.outstanding).toBe(0)
  })

  it('drops what no server of ours says at the port for servers', () => {
    world.register('a')
    world.ask('c1', '1')
    const [given] = world.given('a')
    world.broker.fromServer('a', [])
    world.broker.fromServer('a', [Buffer.from('junk')])
    world.say('a', { kind: 'replies', tags: [given?.tag, 99], lengths: [1] }, Buffer.from('x'))
    world.say('a', { kind: 'replies', tags: [given?.tag], lengths: [5] }, Buffer.from('x'))
    world.say('stranger', { kind: 'replies', tags: [given?.tag], lengths: [1] }, Buffer.from('x'))
    world.say('a', { kind: 'ready', cluster: CLUSTER, name: 'a/b', incarnation: -1, session: 1, credit: 1 })

    expect(world.answers('c1')).toEqual([])
    expect(world.broker.servers).toBe(1)
  })

  it('forgets a connection that is idle, and knows it as another when it comes back', () => {
    world.register('a')
    world.ask('c1', '1')
    world.answer('a', world.given('a'))
    world.pass(30_000, 'a')
    world.ask('c1', '2')
    world.answer('a', world.given('a').slice(1))
    world.pass(120_000, 'a')
    world.ask('c1', '3')

    const numbers = world.given('a').map(({ connection }) => connection)
    expect(numbers[1]).toBe(numbers[0])
    expect(numbers[2]).not.toBe(numbers[0])
  })
})
