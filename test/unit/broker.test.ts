import { describe, expect, it } from 'vitest'
import { encode } from '../../src/wire/index.ts'
import { Bench, EMPTY, FakeServer, requestBody } from '../support/broker-bench.ts'

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

  it('tells what a connection that has ended asked for to nobody who comes under its name', () => {
    const bench = new Bench()
    const server = bench.server('s1', { credit: 2 })
    bench.request('ana', 'm1')
    bench.broker.clientGone('ana')
    bench.request('ana', 'm2')
    server.answer()

    expect(server.ids).toEqual(['m1', 'm2'])
    expect(bench.told).toEqual(['ana m2'])
  })

  it('drops what no server has yet of a connection that has ended: it is asked again, and would come behind that', () => {
    const bench = new Bench()
    const one = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2', 'm3')
    bench.broker.clientGone('ana')
    const two = bench.server('s2')
    bench.request('ana again', 'm1', 'm2')
    one.silent = true
    bench.world.run(2000)

    expect(one.ids).toEqual(['m1'])
    expect(two.ids).toEqual(['m1', 'm2'])
    expect(bench.broker.outstanding).toBe(2)
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

    for (let i = 0; i < 20; i++) bench.broker.fromClient(`client ${i}`, [EMPTY, big])
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

  it('finds as soon that a server is silent when nobody has asked for anything', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.world.run(10_230)
    server.beat()
    server.silent = true

    bench.world.run(1500)
    expect(bench.broker.servers).toBe(1)
    bench.world.run(100)
    expect(bench.broker.servers).toBe(0)
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
    const server = bench.server('s1')
    bench.world.run(200)

    stoodMs = 5000
    // Its beats wait in a socket until the broker has looked what is due.
    server.silent = true
    bench.world.run(500)

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
})
