import { describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import {
  type Forwarder,
  openForwarder,
  openPublisher,
  openSubscriber,
} from '../../src/adapters/zeromq/index.ts'
import type { Guard } from '../../src/ports/index.ts'
import { Proxy } from '../../src/proxy/index.ts'
import { kept } from '../support/kept.ts'
import { quietMetrics } from '../support/quiet.ts'

const HOST = '127.0.0.1'
const WAIT = { timeout: 10_000, interval: 10 }
const at = (port: number) => `tcp://${HOST}:${port}`

describe('openForwarder', () => {
  async function forwarder(subscriberQueue = 10_000, portSubscribers = 0): Promise<Forwarder> {
    const proxy = new Proxy(quietMetrics)
    return kept(
      await openForwarder({
        host: HOST,
        portPublishers: 0,
        portSubscribers,
        subscriberQueue,
        admit: (topic, frames) => proxy.admits(topic, frames),
        admitSubscription: (message) => proxy.admitsSubscription(message),
      }),
    )
  }

  /** A publisher whose words reach a subscriber of the topic `channel/ready/` already. */
  async function publisher(ports: Forwarder) {
    const socket = kept(openPublisher(at(ports.portPublishers)))
    const probe = kept(openSubscriber(at(ports.portSubscribers)))
    let reached = false
    probe.receive(() => {
      reached = true
    })
    probe.subscribe('channel/ready/')
    await reach(socket, 'channel/ready/', () => reached)
    return socket
  }

  async function reach(
    socket: { send(topic: string, body: Uint8Array): void },
    topic: string,
    reached: () => boolean,
  ): Promise<void> {
    await expect
      .poll(() => {
        socket.send(topic, Buffer.from('probe'))
        return reached()
      }, WAIT)
      .toBe(true)
  }

  it('lets a subscriber know whenever it is connected, for the first time and again', async () => {
    const first = await forwarder()
    const port = first.portSubscribers
    let connected = 0
    kept(openSubscriber(at(port))).onConnect?.(() => void connected++)
    await expect.poll(() => connected, WAIT).toBe(1)
    await first.close()
    // The port is free once the socket's thread has let it go.
    await expect.poll(() => forwarder(10_000, port), WAIT).toHaveProperty('portSubscribers', port)
    await expect.poll(() => connected, WAIT).toBe(2)
  })

  it('brings a publication to those who subscribed to exactly its topic', async () => {
    const ports = await forwarder()
    const source = await publisher(ports)
    const heard = new Map<string, string[]>()
    for (const topic of ['channel/a/', 'channel/ab/', 'channel/', 'user/a/']) {
      const socket = kept(openSubscriber(at(ports.portSubscribers)))
      const topics: string[] = []
      heard.set(topic, topics)
      socket.receive((from) => void topics.push(from))
      socket.subscribe(topic)
      // Its subscription has reached the publisher once this other topic's publication comes back.
      socket.subscribe(`channel/probe-${heard.size}/`)
      await reach(source, `channel/probe-${heard.size}/`, () => topics.length > 0)
    }
    for (const topic of [
      'channel/a/',
      'channel/ab/',
      'channel/abc/',
      'user/a/',
      'nonsense',
      'channel/end/',
    ]) {
      source.send(topic, Buffer.from('x'))
    }

    const ours = (topic: string) => new Set(heard.get(topic)?.filter((each) => !each.includes('probe')))
    for (const topic of ['channel/a/', 'channel/ab/', 'user/a/']) {
      await expect.poll(() => ours(topic), WAIT).toEqual(new Set([topic]))
    }
    expect(ours('channel/')).toEqual(new Set())
  })

  it('brings nothing more of a topic that is given up', async () => {
    const ports = await forwarder()
    const source = await publisher(ports)
    const socket = kept(openSubscriber(at(ports.portSubscribers)))
    const topics: string[] = []
    socket.receive((topic) => void topics.push(topic))
    for (const topic of ['channel/a/', 'channel/b/']) socket.subscribe(topic)
    await reach(source, 'channel/a/', () => topics.includes('channel/a/'))
    await reach(source, 'channel/b/', () => topics.includes('channel/b/'))
    socket.unsubscribe('channel/a/')
    topics.length = 0
    source.send('channel/a/', Buffer.from('x'))
    source.send('channel/b/', Buffer.from('x'))
    await expect.poll(() => topics, WAIT).toContain('channel/b/')

    expect(topics).not.toContain('channel/a/')
  })

  it('lets a slow subscriber lose its own frames, nobody else’s, within bounded memory', async () => {
    const ports = await forwarder(100)
    const source = await publisher(ports)
    const topic = 'channel/busy/'
    const slow = kept(new zmq.Subscriber({ receiveHighWaterMark: 10, linger: 0 }))
    slow.connect(at(ports.portSubscribers))
    slow.subscribe(topic)
    const slowBegan = slow.receive()
    const fast = kept(openSubscriber(at(ports.portSubscribers)))
    let received = 0
    fast.receive(() => received++)
    fast.subscribe(topic)
    await reach(source, topic, () => received > 0)
    // From here on it stands still.
    await slowBegan
    const [turn, turns] = [50, 600]
    const before = process.memoryUsage().rss
    const body = Buffer.alloc(16 * 1024)
    await expect.poll(() => received, WAIT).toBeGreaterThan(0)
    const settled = received
    for (let count = 1; count <= turns; count++) {
      for (let each = 0; each < turn; each++) source.send(topic, body)
      const goal = settled + count * turn
      await expect.poll(() => received, { timeout: 10_000, interval: 1 }).toBeGreaterThanOrEqual(goal)
    }
    const grown = process.memoryUsage().rss - before
    slow.receiveTimeout = 500
    let late = 0
    for (;;) {
      const frames = await slow.receive().catch(() => undefined)
      if (frames === undefined) break
      if (frames[1]?.byteLength === body.byteLength) late++
    }

    expect(late).toBeGreaterThan(0)
    expect(late).toBeLessThan((turn * turns) / 2)
    // Nearly half a gigabyte went by.
    expect(grown).toBeLessThan(200 * 1024 * 1024)
  }, 60_000)

  /** Guards ports whose sockets are replaced when a test calls for it. */
  function renewable(domain: string) {
    const { publicKey, secretKey } = zmq.curveKeyPair()
    let renew = (): void => {}
    const guard: Guard = {
      domain,
      pair: { publicKey, secretKey },
      admits: () => true,
      turnedAway: () => {},
      onRenew(callback) {
        renew = callback
        return () => {}
      },
    }
    const { publicKey: own, secretKey: ownSecret } = zmq.curveKeyPair()
    const keys = { curveServerKey: publicKey, curvePublicKey: own, curveSecretKey: ownSecret }
    return { guard, keys, renew: () => renew() }
  }

  it('lets no more wait for a slow subscriber when another socket has taken the place of the first', async () => {
    const servers = renewable('servers')
    const subscribers = renewable('subscribers')
    const ports = kept(
      await openForwarder({
        host: HOST,
        portPublishers: 0,
        portSubscribers: 0,
        subscriberQueue: 10_000,
        admit: () => true,
        admitSubscription: () => true,
        secured: {
          guardServers: servers.guard,
          guardSubscribers: subscribers.guard,
          portServers: 0,
          isForServers: () => false,
          decide: (message) => ({ subscribe: Buffer.from(message.subarray(1)).toString() }),
        },
      }),
    )
    const source = kept(new zmq.Publisher({ linger: 0, ...servers.keys }))
    source.connect(at(ports.portPublishers))
    const follow = () => {
      const socket = kept(new zmq.Subscriber({ linger: 0, receiveHighWaterMark: 1, ...subscribers.keys }))
      socket.connect(at(ports.portSubscribers))
      socket.subscribe('channel/')
      return socket
    }
    const body = Buffer.alloc(1024 * 1024)
    /** Publishes bodies of this size until this subscriber has heard one. */
    const reachOne = async (socket: zmq.Subscriber, size: number): Promise<void> => {
      let heard = false
      const hear = async (): Promise<void> => {
        while (!heard) heard = (await socket.receive())[1]?.byteLength === size
      }
      hear().catch(() => {})
      const publish = async (): Promise<boolean> => {
        await source.send(['channel/a/', body.subarray(0, size)])
        return heard
      }
      await expect.poll(publish, { timeout: 30_000, interval: 10 }).toBe(true)
    }
    await reachOne(follow(), body.byteLength)
    subscribers.renew()
    const slow = follow()
    await reachOne(slow, 10)
    for (let count = 0; count < 120; count++) await source.send(['channel/a/', body])
    // Who comes last has its own queue: when it hears of the end, all before it has been handed on.
    await reachOne(follow(), 11)
    slow.receiveTimeout = 1000
    let late = 0
    for (;;) {
      const frames = await slow.receive().catch(() => undefined)
      if (frames === undefined) break
      if (frames[1]?.byteLength === body.byteLength) late++
    }

    expect(late).toBeGreaterThan(20)
    // Half of 64 MiB at the proxy, for the topic is a part of each, and what was on its way.
    expect(late).toBeLessThan(100)
  }, 120_000)

  it('goes on after subscriptions and publications that are none', async () => {
    const ports = await forwarder()
    const junk = kept(new zmq.XSubscriber({ linger: 0 }))
    junk.connect(at(ports.portSubscribers))
    for (const message of [
      Buffer.alloc(0),
      Buffer.from([7, 7]),
      Buffer.concat([Buffer.from([1]), Buffer.alloc(500)]),
    ]) {
      await junk.send(message)
    }
    const junkSource = kept(new zmq.XPublisher({ linger: 0 }))
    junkSource.connect(at(ports.portPublishers))
    await junkSource.send([Buffer.from('channel/a/'), Buffer.from('x'), Buffer.from('y')])
    await junkSource.send(Buffer.alloc(0))

    await expect(publisher(ports)).resolves.toBeDefined()
  })
})
