import { describe, expect, it } from 'vitest'
import { Pace } from '../../src/broker/pace.ts'
import { Bench, EMPTY, requestBody } from '../support/broker-bench.ts'

/** A pace that is told of messages of 100 bytes, and how long it has rested. */
function setUp() {
  const world = { now: 0, rested: 0 }
  const pace = new Pace({ monotonic: () => world.now, wall: () => 0 })
  const rest = (): void => {
    const ms = pace.takeRest()
    world.now += ms
    world.rested += ms
  }
  const take = (id: string, bytes = 100): void => {
    pace.taken(id, bytes, world.now)
    rest()
  }
  const refuse = (bytes = 100, id = 'x'): void => {
    pace.refused(id, bytes, world.now)
    rest()
  }
  return { world, pace, take, refuse }
}

describe('Pace', () => {
  it('lets a client send as fast as it can while no other does', () => {
    const { world, take } = setUp()
    for (let count = 0; count < 100_000; count++) {
      world.now += 0.01
      take('one')
    }
    expect(world.rested).toBe(0)
  })

  it('slows down a client that sends more than all others while others do, for 2 ms at a time', () => {
    const { world, pace, take } = setUp()
    for (let count = 0; count < 10_000; count++) {
      world.now += 0.01
      if (count % 100 === 0) take('other')
      const before = world.rested
      take('one')
      expect(world.rested - before).toBeLessThanOrEqual(2)
    }
    expect(pace.takeRest()).toBe(0)
    // 10,000 messages that took 100 ms.
    expect(world.now).toBeGreaterThan(2400)
    expect(world.now).toBeLessThan(4400)
  })

  it('slows down nobody among many of whom none sends more than the others', () => {
    const { world, take } = setUp()
    for (let count = 0; count < 10_000; count++) {
      world.now += 0.01
      take(`c${count % 16}`)
    }
    expect(world.rested).toBe(0)
  })

  it('slows down nobody who sends batches, or less than 800 messages a second', () => {
    const { world, take } = setUp()
    for (let count = 0; count < 1000; count++) {
      world.now += 1.3
      take('one', 30_000)
      if (count % 20 === 0) take('other')
    }
    expect(world.rested).toBe(0)
  })

  it('rests for what is refused, longer for what is large, and forgets what is too much', () => {
    const { world, refuse } = setUp()
    for (let count = 0; count < 100; count++) refuse()
    const small = world.rested
    expect(small).toBeGreaterThan(25)
    for (let count = 0; count < 100; count++) refuse(100_000)
    expect(world.rested - small).toBeGreaterThan(90)
    for (let count = 0; count < 100; count++) refuse(1_000_000)
    const owed = world.rested
    for (let count = 0; count < 100; count++) refuse(0)
    expect(world.rested - owed).toBeLessThan(60)
  })
})

describe('Pace', () => {
  it('lets everybody have a turn between two rests: it rests after the second message of who is refused', () => {
    const { world, refuse, take } = setUp()
    const restOf = (act: () => void): number => {
      const before = world.rested
      act()
      return world.rested - before
    }
    for (let round = 0; round < 10; round++) {
      expect(restOf(() => refuse(1_000_000))).toBe(0)
      expect(restOf(() => take('other'))).toBe(0)
      expect(restOf(() => refuse(1_000_000))).toBe(2)
    }
  })

  it('takes a client for alone when no other has sent for 250 ms, for the others may be held up by it', () => {
    const { world, take } = setUp()
    const sent = (ms: number): number => {
      const until = world.now + ms
      for (let count = 0; ; count++) {
        if (world.now >= until) return count
        world.now += 0.01
        take('one')
      }
    }
    sent(100)
    take('other')
    const together = sent(240)
    sent(20)
    const alone = sent(240)

    expect(together).toBeLessThan(240 * 10)
    expect(alone).toBeGreaterThan(23_000)
  })

  it('rests no longer for what is refused to many together than to one: others wait behind one message of each', () => {
    const { world, refuse } = setUp()
    const round = (): number => {
      const before = world.rested
      for (let id = 0; id < 100; id++) refuse(1_000_000, `c${id}`)
      return world.rested - before
    }
    round()
    expect(round()).toBeGreaterThan(0)
    expect(round()).toBeLessThan(50)
  })

  it('forgets what it owes when nothing was added for a second', () => {
    const { world, pace, refuse } = setUp()
    refuse(1_000_000)
    world.now += 1001
    pace.refused('x', 0, world.now)
    expect(pace.takeRest()).toBe(0)
  })
})

describe('Broker', () => {
  it.each([
    ['refuses', [requestBody('m1')]],
    ['does not even answer', [Buffer.alloc(2000), EMPTY, requestBody('m1')]],
  ])('rests for what it %s, and not for what it serves', (_, frames) => {
    const { broker } = new Bench()
    for (let count = 0; count < 10; count++) broker.fromClient('ana', [EMPTY, requestBody(`m${count}`)])
    expect(broker.takeRest()).toBe(0)

    for (let count = 0; count < 10; count++) broker.fromClient('ana', frames)
    expect(broker.takeRest()).toBeGreaterThan(0)
    expect(broker.takeRest()).toBe(0)
  })

  it('gives a server what a client sends in bulk beside others some at a time, and what those send at once', () => {
    const { given, sendFor } = beside()
    sendFor(1000)
    const ofMany = given().filter(({ many }) => many > 0)
    const ofOther = given().filter(({ other }) => other > 0)

    expect(ofMany.length).toBeLessThan(70)
    expect(ofOther.length).toBe(100)
  })

  it('gives a server within 10 ms what a client sends in bulk that then waits for answers', () => {
    const { bench, server, given, sendFor } = beside()
    sendFor(100)
    bench.world.run(30)
    server.got.length = 0
    const before = given().length
    bench.request('many', ...Array.from({ length: 20 }, (_, number) => `m${number}`))
    expect(given().length).toBe(before)
    bench.world.run(10)
    expect(server.got.length).toBe(20)
  })

  it('gives another server, in its order, what it gathered for one that goes meanwhile', () => {
    const { bench, server, sendFor } = beside()
    sendFor(100)
    bench.world.run(30)
    server.answer()
    const sent = Array.from({ length: 20 }, (_, number) => `m${number}`)
    bench.request('many', ...sent)
    server.say({ kind: 'bye' })
    const next = bench.server('s2')
    bench.world.run(10)
    expect(next.ids).toEqual(sent)
  })

  it('gives a server at once what a client sends in bulk that is alone', () => {
    const { given, sendFor } = beside({ isAlone: true })
    sendFor(1000)
    expect(given().length).toBe(1000)
  })

  it('gives a server at once what a client sends that no longer sends in bulk', () => {
    const { bench, given, sendFor } = beside()
    sendFor(100)
    bench.world.run(300)
    const before = given().length
    bench.request('many', 'm1')
    expect(given().length).toBe(before + 1)
  })
})

/**
 * One client that sends a request each ms and, unless it is alone, another that sends one each 10 ms, both answered at once; how
 * many of each a server was given in each message.
 */
function beside({ isAlone = false } = {}) {
  const bench = new Bench({ clientQueue: 5000 })
  const server = bench.server('s1')
  const sendFor = (ms: number): void => {
    for (let number = 0; number < ms; number++) {
      if (!isAlone && number % 10 === 0) bench.request('other', `m${number}`)
      bench.request('many', `m${number}`)
      server.answer()
      server.got.length = 0
      bench.world.run(1)
    }
  }
  const given = () => {
    const numbers = new Set(
      server.heads.flatMap((head) => (head.kind === 'requests' ? head.connections : [])),
    )
    const [first] = numbers
    return server.heads.flatMap((head) => {
      if (head.kind !== 'requests') return []
      const firsts = head.connections.filter((number) => number === first).length
      const others = head.connections.length - firsts
      return [isAlone ? { many: firsts, other: others } : { many: others, other: firsts }]
    })
  }
  return { bench, server, given, sendFor }
}
