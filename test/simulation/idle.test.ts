import { describe, expect, it } from 'vitest'
import type { Dealer } from '../../src/ports/index.ts'
import type { Server } from '../../src/server/index.ts'
import type { Store } from '../../src/store/index.ts'
import { encode, parseBackendHead, parseReplies } from '../../src/wire/index.ts'
import { Cluster, type ClusterOptions } from './cluster.ts'
import { SimulatedProcess } from './process.ts'
import type { SimulatedBroker } from './services.ts'

const REST_MS = 30_000
const COUNTED_MS = 10_000

/** A cluster that has come to rest, and when one process has sent something to another. */
function setUp(options: ClusterOptions = {}) {
  const cluster = new Cluster(1, options)
  const { network, world } = cluster
  const sent = new Map<string, number[]>()
  const send = network.send.bind(network)
  network.send = (link, deliver) => {
    const way = `${link.from.name} > ${link.to.name}`
    sent.set(way, [...(sent.get(way) ?? []), world.now])
    send(link, deliver)
  }
  const times = (from: string, to: string): readonly number[] => sent.get(`${from} > ${to}`) ?? []
  const start = (): void => {
    cluster.start()
    expect(cluster.runUntil(() => cluster.servers.every((server) => server.ready), 10_000)).toBe(true)
  }
  /** Lets it rest, and tells how much is sent on a way then. */
  const rest = (): ((from: string, to: string) => number) => {
    world.run(REST_MS)
    sent.clear()
    world.run(COUNTED_MS)
    return (from, to) => times(from, to).length
  }
  return { cluster, world, times, start, rest }
}

/** A client's connection, on which users log in, and what they are told. */
function logins(cluster: Cluster) {
  const dealer: Dealer = cluster.connect(new SimulatedProcess(cluster.world, 'client'))
  const told: string[] = []
  dealer.receive((frames) => {
    for (const { data } of parseReplies(frames.at(-1) as Uint8Array)) {
      told.push(data.status === 'ok' ? 'ok' : data.code)
    }
  })
  const logIn = (user: string): void => {
    const body = { service: 'login', id: user, clock: 1, timestamp: 1, data: { user } }
    dealer.send([new Uint8Array(), encode(body)])
  }
  return { told, logIn }
}

describe('A cluster that is not used', () => {
  it('says twice a second that its servers live, once that its broker does, and nothing by its proxy', () => {
    const { start, rest } = setUp()
    start()
    const sent = rest()

    // Beside the heads there is a round or two of clocks.
    expect(sent('server-2', 'server-3')).toBe(20)
    expect(sent('server-1', 'server-2')).toBeLessThan(35)
    expect(sent('server-1', 'broker')).toBe(20)
    expect(sent('broker', 'server-1')).toBe(10)
    expect(sent('server-1', 'proxy')).toBe(0)
  })

  it('comes to rest without one of its servers too, and only asks whether its proxy works', () => {
    const { cluster, start, rest } = setUp()
    start()
    cluster.server('server-3')?.crash()
    const sent = rest()

    expect(sent('server-2', 'server-1')).toBeLessThan(35)
    expect(sent('server-1', 'broker')).toBe(20)
    expect(sent('server-1', 'proxy')).toBe(10)
  })
})

describe('A cluster that was not used', () => {
  it('answers unavailable as soon after the deadline as any other', () => {
    const { cluster, world, start } = setUp({ ackDeadlineMs: 100 })
    start()
    for (const name of ['server-2', 'server-3']) cluster.server(name)?.crash()
    world.run(REST_MS)
    const { told, logIn } = logins(cluster)
    logIn('ana')
    world.run(160)

    expect(told).toEqual(['unavailable'])
  })

  it('sends what gathers behind a batch once that is confirmed', () => {
    const { cluster, world, start } = setUp()
    const appended: number[] = []
    cluster.witness.appended = () => void appended.push(world.now)
    start()
    world.run(REST_MS)
    const { told, logIn } = logins(cluster)
    const users = ['ana', 'bia', 'caio', 'davi', 'eva', 'fabio']
    for (const user of users) {
      logIn(user)
      world.run(0.3)
    }
    world.run(1000)
    const waits = appended.slice(1).map((at, index) => at - (appended[index] as number))

    expect(told).toEqual(users.map(() => 'ok'))
    expect(waits.some((wait) => wait > 1)).toBe(true)
    expect(Math.max(...waits)).toBeLessThan(5)
  })

  it('tells ref at once of a list of voters that a server has taken', () => {
    const { cluster, world, times, start } = setUp()
    const taken: { name: string; at: number }[] = []
    cluster.witness.voters = ({ name }, { epoch }) => {
      if (epoch > 0) taken.push({ name, at: world.now })
    }
    start()

    expect(taken).toHaveLength(3)
    for (const { name, at } of taken) expect(times(name, 'ref')).toContain(at)
  })

  it('accepts nothing more in the turn in which it has told ref that it is leaving', () => {
    const { cluster, world, times, start } = setUp()
    const { serversAddress } = cluster.brokers[0] as SimulatedBroker
    let session = 0
    const dial = cluster.sockets.dial.bind(cluster.sockets)
    cluster.sockets.dial = (host, address) => {
      const dealer = dial(host, address)
      const send = (frames: Uint8Array[]): boolean => {
        const head = address === serversAddress && parseBackendHead(frames[0] as Uint8Array)
        if (host.name === 'server-1' && head && head.kind === 'ready') session = head.session
        return dealer.send(frames)
      }
      return { ...dealer, send }
    }
    start()
    world.run(REST_MS)
    const { server, store } = cluster.server('server-1') as { server: Server; store: Store }
    const logIn = (user: string): void => {
      const body = encode({ service: 'login', id: user, clock: 1, timestamp: 1, data: { user } })
      const head = { kind: 'requests', session, tags: [1], connections: [1], lengths: [body.byteLength] }
      server.fromBroker(serversAddress, [encode(head), body])
    }
    logIn('ana')
    const known = { rank: 1, address: '', voter: true, lag: 0, drained: false }
    const servers = [{ ...known, name: 'server-1', state: 'leaving' } as const]
    server.replica.told({ rank: 1, servers, brokers: [], proxies: [], epoch: 1, time: 0 })
    expect(times('server-1', 'ref')).toContain(world.now)
    logIn('bia')
    world.run(100)

    expect(store.users()).toEqual(['ana'])
  })
})
