import { describe, expect, it } from 'vitest'
import { LamportClock } from '../../src/clocks/index.ts'
import type { Dealer } from '../../src/ports/index.ts'
import { Heartbeater, type HeartbeaterOptions, Ref } from '../../src/ref/index.ts'
import { decode, encode, type Heartbeat, type HeartbeatReply, PEER_LIMITS } from '../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { VirtualTime } from '../support/virtual-time.ts'

/** `refClock` is the clock that another process has brought ref to. */
function world(change: Partial<HeartbeaterOptions> = {}, refClock = 0) {
  const virtual = new VirtualTime()
  const time = virtual.process()
  const file = { read: () => undefined, write: () => {} }
  const options = {
    cluster: 'c',
    name: 'ref',
    servers: ['a'],
    file,
    time,
    timers: time,
    log: quietLog,
    metrics: quietMetrics,
  }
  const ref = new Ref(options)
  const other = { cluster: 'c', name: 'p', role: 'proxy', address: '', incarnation: 1 }
  ref.answer(encode({ service: 'heartbeat', id: '1', clock: refClock, timestamp: 1, data: other }))
  const seen = {
    opened: [] as string[],
    closed: [] as string[],
    sent: 0,
    replies: [] as HeartbeatReply[],
    errors: [] as string[],
    reachable: true,
  }
  const openDealer = (address: string): Dealer => {
    seen.opened.push(address)
    let handler: (frames: Uint8Array[]) => void = () => {}
    return {
      send(frames) {
        seen.sent++
        expect(frames[0]).toHaveLength(0)
        expect(decode(frames[1] as Uint8Array, PEER_LIMITS)).toMatchObject({ service: 'heartbeat' })
        if (seen.reachable)
          virtual.schedule(1, () => handler([new Uint8Array(), ref.answer(frames[1] as Uint8Array)]))
        return true
      },
      receive(handle) {
        handler = handle
      },
      close: async () => void seen.closed.push(address),
    }
  }
  const heartbeat: Heartbeat = {
    cluster: 'c',
    name: 'a',
    role: 'server',
    address: '',
    incarnation: 2,
    state: 'up',
  }
  const heartbeater = new Heartbeater({
    openDealer,
    lamport: new LamportClock(),
    now: () => time.wall(),
    time,
    timers: time,
    log: quietLog,
    describe: () => heartbeat,
    settled: () => seen.replies.some(({ epoch }) => epoch > 0),
    onReply: (reply) => seen.replies.push(reply),
    onError: (code) => seen.errors.push(code),
    ...change,
  })
  heartbeater.start()
  heartbeater.set(['tcp://10.0.0.1:1'])
  return { virtual, heartbeater, seen }
}

describe('Heartbeater', () => {
  it('hands on what ref answers, once a second when settled', () => {
    const { virtual, seen } = world()
    virtual.run(10_100)
    expect(seen.replies.at(-1)).toMatchObject({ rank: 1, epoch: 1 })
    expect(seen.sent).toBeGreaterThanOrEqual(10)
    expect(seen.sent).toBeLessThanOrEqual(12)
  })

  it('asks five times a second while not settled', () => {
    const { virtual, seen } = world({ settled: () => false })
    virtual.run(2000)
    expect(seen.sent).toBe(11)
  })

  it('tells news at once when told to look for them, and within half a second by itself', () => {
    let stopped = false
    const itself = (): Heartbeat => ({
      cluster: 'c',
      name: 'a',
      role: 'server',
      address: '',
      incarnation: 2,
      stopped,
    })
    const { virtual, seen, heartbeater } = world({ describe: itself, urgent: () => String(stopped) })
    virtual.run(2500)
    const sent = seen.sent
    stopped = true
    heartbeater.review()
    expect(seen.sent).toBe(sent + 1)
    heartbeater.review()
    expect(seen.sent).toBe(sent + 1)
    stopped = false
    virtual.run(500)
    expect(seen.sent).toBe(sent + 2)
  })

  it('goes on while ref is away, and notices that it is back', () => {
    const { virtual, seen, heartbeater } = world()
    virtual.run(1000)
    seen.reachable = false
    virtual.run(5000)
    expect(heartbeater.away).toBe(true)
    seen.reachable = true
    virtual.run(2000)
    expect(heartbeater.away).toBe(false)
  })

  it('goes over to a ref that was replaced, and tells it of itself at once', () => {
    const { virtual, seen, heartbeater } = world()
    virtual.run(1500)
    const sent = seen.sent
    heartbeater.set(['tcp://10.0.0.2:1'])

    expect(seen).toMatchObject({
      opened: ['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1'],
      closed: ['tcp://10.0.0.1:1'],
      sent: sent + 1,
    })
  })

  it('notices that ref is away while nobody knows where it is', () => {
    const { virtual, heartbeater } = world()
    heartbeater.set([])
    virtual.run(5000)

    expect(heartbeater.away).toBe(true)
  })

  it('takes the word of a ref to whose time its own is far behind', () => {
    const { virtual, seen } = world({ now: () => 1000, lamport: new LamportClock({ start: 10 }) }, 1.7e15)
    virtual.run(100)
    expect(seen.replies).toHaveLength(1)
  })

  it('reports what ref refuses', () => {
    const stranger: () => Heartbeat = () => ({
      cluster: 'other',
      name: 'a',
      role: 'proxy',
      address: '',
      incarnation: 1,
    })
    const { virtual, seen } = world({ describe: stranger })
    virtual.run(100)
    expect(seen.errors).toEqual(['denied'])
  })
})
