import { beforeEach, describe, expect, it } from 'vitest'
import { WorkQueue } from '../../../src/operator/kube/work-queue.ts'
import { KubeError } from '../../../src/ports/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { quietLog } from '../../support/quiet.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

interface Piece {
  readonly key: string
  readonly at: number
  readonly done: (againAfterMs?: number) => void
  readonly fail: (error?: Error) => void
}

class World {
  readonly virtual = new VirtualTime()
  readonly metrics = countingMetrics()
  readonly begun: Piece[] = []
  readonly stuck: string[] = []
  readonly queue: WorkQueue
  /** What becomes of work as soon as it begins, if anything. */
  at: (piece: Piece) => void = () => {}

  constructor(concurrency = 10) {
    const time = this.virtual.process()
    this.queue = new WorkQueue({
      work: (key) => this.#work(key),
      concurrency,
      deadlineMs: 60_000,
      stuck: (key) => this.stuck.push(key),
      time,
      timers: time,
      chance: seededChance(1),
      log: quietLog,
      metrics: this.metrics,
    })
    this.queue.resume()
  }

  async pass(ms = 100): Promise<void> {
    for (let i = 0; i < 4; i++) {
      await this.virtual.drain()
      this.virtual.promises = true
      await this.virtual.advance(i === 0 ? ms : 0)
    }
  }

  keys(): string[] {
    return this.begun.map(({ key }) => key)
  }

  depth(): number {
    return this.metrics.value('recado_operator_queue_depth')
  }

  #work(key: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.virtual.promises = true
        end()
      }
      const piece: Piece = {
        key,
        at: this.virtual.now,
        done: (afterMs) => settle(() => resolve(afterMs)),
        fail: (error = new Error('No')) => settle(() => reject(error)),
      }
      this.begun.push(piece)
      this.at(piece)
    })
  }
}

let world: World

beforeEach(() => {
  world = new World()
})

describe('a work queue', () => {
  it('takes what happens to one key in one moment as one piece of work', async () => {
    for (let i = 0; i < 5; i++) world.queue.add('a')
    world.queue.add('b')
    await world.pass()

    expect(world.keys()).toEqual(['a', 'b'])
  })

  it('never works twice at once on a key, and once more when something happened meanwhile', async () => {
    world.queue.add('a')
    await world.pass()
    world.queue.add('a')
    world.queue.add('a')
    await world.pass()
    expect(world.keys()).toEqual(['a'])
    world.begun[0]?.done()
    await world.pass()
    expect(world.keys()).toEqual(['a', 'a'])
    world.begun[1]?.done()
    await world.pass(600_000)

    expect(world.keys()).toEqual(['a', 'a'])
  })

  it('works on so many keys at once and no more, the longest waiting first', async () => {
    world = new World(2)
    for (const key of ['a', 'b', 'c', 'd']) {
      world.queue.add(key)
      await world.pass(1)
    }
    await world.pass()
    expect(world.keys()).toEqual(['a', 'b'])
    expect(world.depth()).toBe(4)
    world.begun[1]?.done()
    await world.pass()

    expect(world.keys()).toEqual(['a', 'b', 'c'])
    expect(world.depth()).toBe(3)
  })

  it('works again after as long as the work said, or sooner when something happens', async () => {
    world.at = ({ done }) => done(10_000)
    world.queue.add('a')
    await world.pass(9000)
    expect(world.begun).toHaveLength(1)
    await world.pass(2000)
    expect(world.begun).toHaveLength(2)
    world.queue.add('a')
    await world.pass()

    expect(world.begun).toHaveLength(3)
  })

  it('keeps the sooner of two times', async () => {
    world.queue.addAfter('a', 1000)
    world.queue.addAfter('a', 5000)
    await world.pass(1100)

    expect(world.begun).toHaveLength(1)
  })

  it('tells of work that does not end, and goes on with other keys', async () => {
    world.queue.add('a')
    await world.pass(61_000)
    world.queue.add('b')
    await world.pass()

    expect(world.stuck).toEqual(['a'])
    expect(world.keys()).toEqual(['a', 'b'])
  })

  it('does not take work for stuck that ended', async () => {
    world.at = ({ done }) => done()
    world.queue.add('a')
    await world.pass(120_000)

    expect(world.stuck).toEqual([])
  })
})

describe('work that fails', () => {
  it('is tried again after twice as long each time, up to a minute', async () => {
    world.at = ({ fail }) => fail()
    world.queue.add('a')
    await world.pass(600_000)
    const waits = world.begun.slice(1).map(({ at }, index) => at - (world.begun[index] as Piece).at)

    expect(waits[0]).toBeLessThan(600)
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(60_000, 500 * 2 ** index) / 2)
      expect(wait).toBeLessThanOrEqual(Math.min(60_000, 500 * 2 ** index) + 1)
    }
    expect(Math.max(...waits)).toBeGreaterThan(30_000)
  })

  it('waits for itself alone', async () => {
    world.at = ({ key, done, fail }) => (key === 'bad' ? fail() : done())
    world.queue.add('bad')
    await world.pass(5000)
    world.queue.add('good')
    await world.pass(30)

    expect(world.keys().at(-1)).toBe('good')
  })

  it('begins with short waits again after a success', async () => {
    let failures = 8
    world.at = ({ done, fail }) => (failures-- > 0 ? fail() : done())
    world.queue.add('a')
    await world.pass(600_000)
    failures = 1
    const before = world.begun.length
    world.queue.add('a')
    await world.pass(700)

    expect(world.begun.length - before).toBe(2)
  })

  it('is tried sooner at news, but not more than once a second', async () => {
    world.at = ({ fail }) => fail()
    world.queue.add('a')
    await world.pass(100_000)
    const before = world.begun.length
    for (let i = 0; i < 100; i++) {
      world.queue.add('a')
      await world.pass(100)
    }

    expect(world.begun.length - before).toBeGreaterThan(5)
    expect(world.begun.length - before).toBeLessThanOrEqual(11)
  })

  it('waits as long as the API server asks', async () => {
    world.at = ({ fail }) => fail(new KubeError(429, 'TooManyRequests', 'No', { retryAfterMs: 7000 }))
    world.queue.add('a')
    await world.pass(6900)
    expect(world.begun).toHaveLength(1)
    await world.pass(200)

    expect(world.begun).toHaveLength(2)
  })
})

describe('a work queue that is held', () => {
  it('begins nothing, and everything once when it is resumed', async () => {
    world.queue.hold()
    world.queue.add('a')
    world.queue.add('b')
    await world.pass(10_000)
    expect(world.keys()).toEqual([])
    expect(world.depth()).toBe(2)
    world.queue.resume()
    await world.pass()

    expect(world.keys()).toEqual(['a', 'b'])
  })

  it('looks again at what failed in part when the rest is due, not only when the failure is tried again', async () => {
    const error = new KubeError(403, 'Forbidden', 'exceeded quota')
    error.againAfterMs = 5000
    world.at = ({ fail }) => fail(error)
    world.queue.add('a')
    for (let i = 0; i < 40; i++) await world.pass(1000)
    const pauses = world.begun.slice(1).map(({ at }, index) => at - (world.begun[index]?.at ?? 0))

    expect(pauses.length).toBeGreaterThanOrEqual(7)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(9000)
  })

  it('is cleared once what it was at has ended, failed or not', async () => {
    world.queue.add('a')
    await world.pass()
    world.queue.hold()
    world.queue.add('b')
    let isCleared = false
    const clear = async (): Promise<void> => {
      await world.queue.clear()
      isCleared = true
    }
    void clear()
    await world.pass()
    expect(isCleared).toBe(false)
    world.begun[0]?.fail()
    await world.pass()
    expect(isCleared).toBe(true)
    world.queue.resume()
    await world.pass(120_000)

    expect(world.keys()).toEqual(['a'])
    expect(world.depth()).toBe(0)
  })
})
