import { describe, expect, it } from 'vitest'
import type { BrokerOptions } from '../../src/broker/index.ts'
import { Bench, EMPTY, requestBody } from '../support/broker-bench.ts'

/** A bench whose broker can stand still: its clock goes on, and nothing of it runs. */
function setUp(options: Partial<BrokerOptions> = {}) {
  let stood = 0
  let now = (): number => 0
  const time = { monotonic: () => now() + stood, wall: () => 0 }
  const bench = new Bench({ time, ...options })
  now = () => bench.world.now
  const standStill = (ms: number): void => {
    stood += ms
  }
  return { bench, standStill }
}

describe('A broker that stood still', () => {
  it('tells clients to ask again, when the first that it finds is what one sent', () => {
    const { bench, standStill } = setUp()
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2')
    standStill(3000)

    bench.broker.fromClient('bob', [EMPTY, requestBody('m3')])
    expect(bench.told.toSorted()).toEqual(['ana m2 unavailable', 'bob m3 unavailable'])
    server.answer('m1')
    bench.world.run(100)

    expect(server.ids).toEqual(['m1'])
    expect(bench.told).toContain('ana m1')
    expect(bench.told).toHaveLength(3)
    expect(bench.broker.outstanding).toBe(0)
  })

  it('tells them so when its timer comes first', () => {
    const { bench, standStill } = setUp()
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2')
    standStill(3000)

    bench.world.run(50)
    bench.request('bob', 'm3')

    expect(bench.told).toEqual(['ana m2 unavailable', 'bob m3 unavailable'])
    expect(server.ids).toEqual(['m1'])
  })

  it('gives a server that registers then nothing of what waited', () => {
    const { bench, standStill } = setUp()
    bench.request('ana', 'm1')
    standStill(3000)

    const server = bench.server('s1')
    bench.world.run(100)

    expect(server.ids).toEqual([])
    expect(bench.told).toEqual(['ana m1 unavailable'])
  })

  it('gives a server that has credit again nothing of what waited', () => {
    const { bench, standStill } = setUp()
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2')
    standStill(3000)

    server.answer('m1')
    bench.world.run(100)

    expect(server.ids).toEqual(['m1'])
    expect(bench.told.toSorted()).toEqual(['ana m1', 'ana m2 unavailable'])
  })

  it('does not send what was to go out at the end of the turn', () => {
    const { bench, standStill } = setUp()
    const server = bench.server('s1')
    bench.broker.fromClient('ana', [EMPTY, requestBody('m1')])
    standStill(3000)

    bench.world.run(0)

    expect(server.ids).toEqual([])
    expect(bench.told).toEqual(['ana m1 unavailable'])
  })

  it('passes nothing on that a server had before, and what came later it does', () => {
    const { bench, standStill } = setUp()
    const one = bench.server('s1')
    bench.request('ana', 'm1')
    standStill(3000)
    bench.world.run(1000)
    bench.request('ana', 'm2')
    const two = bench.server('s2')

    one.silent = true
    bench.world.run(2000)

    expect(one.ids).toEqual(['m1', 'm2'])
    expect(two.ids).toEqual(['m2'])
    expect(bench.told).toEqual(['ana m1 unavailable'])
  })

  it('goes on when all that waited in the socket has been read, and not before it could have come there', () => {
    let unread = false
    const { bench, standStill } = setUp({ unread: () => unread })
    const server = bench.server('s1')
    bench.world.run(100)
    standStill(3000)
    bench.world.run(400)
    bench.request('ana', 'm1')
    unread = true
    bench.world.run(2000)
    bench.request('ana', 'm2')

    unread = false
    bench.world.run(100)
    bench.request('ana', 'm3')

    expect(bench.told).toEqual(['ana m1 unavailable', 'ana m2 unavailable'])
    expect(server.ids).toEqual(['m3'])
  })

  it('goes on after ten seconds where somebody sends without end', () => {
    const { bench, standStill } = setUp({ unread: () => true })
    const server = bench.server('s1')
    standStill(3000)
    bench.world.run(9900)
    bench.request('ana', 'm1')
    bench.world.run(200)
    bench.request('ana', 'm2')

    expect(bench.told).toEqual(['ana m1 unavailable'])
    expect(server.ids).toEqual(['m2'])
  })

  it('takes all as it comes when it stood still for less than clients wait', () => {
    const { bench, standStill } = setUp()
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2')
    standStill(1400)
    bench.world.run(50)

    bench.request('ana', 'm3')
    server.answer('m1')
    bench.world.run(0)

    expect(server.ids).toEqual(['m1', 'm2'])
    expect(bench.told).toEqual(['ana m1'])
  })

  it('rests for nothing that it refuses for that: those who ask are many, and have done nothing wrong', () => {
    const { bench, standStill } = setUp()
    standStill(3000)
    for (let count = 0; count < 100; count++) {
      bench.broker.fromClient(`c${count}`, [EMPTY, requestBody('m1')])
      expect(bench.broker.takeRest()).toBe(0)
    }
    expect(bench.told).toHaveLength(100)
  })
})
