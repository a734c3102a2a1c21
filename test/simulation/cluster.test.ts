import { describe, expect, it } from 'vitest'
import { check } from './checkers.ts'
import { SimulatedClient } from './client.ts'
import { Cluster } from './cluster.ts'

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 12)
const FIRST_SEED = Number(process.env['SIMULATION_SEED'] ?? 1)

function started(seed: number, options: ConstructorParameters<typeof Cluster>[1] = {}) {
  const cluster = new Cluster(seed, options)
  cluster.start()
  const clients = ['ana', 'bia', 'caio'].map((user) => new SimulatedClient(cluster, user))
  expect(cluster.runUntil(() => cluster.servers.every((server) => server.ready), 10_000)).toBe(true)
  return { cluster, clients }
}

/** Ends all faults, lets clients finish and servers write, and looks whether all is well. */
function settle(cluster: Cluster, clients: readonly SimulatedClient[]): string[] {
  cluster.network.heal()
  cluster.network.faults.publicationLoss = 0
  for (const service of cluster.all()) {
    if (service.process.frozen) service.process.thaw()
    if (!service.up) service.start()
  }
  for (const client of clients) client.finish()
  const faults: string[] = []
  if (!cluster.runUntil(() => clients.every((client) => client.done), 60_000))
    faults.push('a client gets no answer')
  const quiet = (): boolean => {
    const sizes = new Set(
      cluster.servers.map((server) => server.disk.contents.get('publications.jsonl')?.byteLength),
    )
    const [any] = cluster.servers
    const highest = any?.store?.highestClock ?? Number.POSITIVE_INFINITY
    return (
      sizes.size === 1 &&
      cluster.servers.every(
        ({ store, ready }) => ready && store?.filesCurrent === true && store.finalClock >= highest,
      )
    )
  }
  if (!cluster.runUntil(quiet, 60_000)) faults.push('the servers do not become quiet and equal')
  return [...faults, ...check(cluster.servers, clients)]
}

/** One fault after another, by chance; of three servers one disk at most is lost, and only while all others are up. */
function disturb(cluster: Cluster): void {
  const { chance, servers, network, world } = cluster
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(chance.next() * items.length)] as Item
  for (let round = 0; round < 12; round++) {
    const dice = chance.next()
    const service = pick(cluster.all())
    if (dice < 0.3 && service.up) service.crash()
    else if (dice < 0.45 && service.up && !service.process.frozen) service.process.freeze()
    else if (dice < 0.65) {
      const alone = pick(servers).process.name
      for (const other of cluster.all()) {
        if (other.process.name === alone || chance.next() < 0.2) continue
        if (chance.next() < 0.8) network.cut(alone, other.process.name)
        if (chance.next() < 0.8) network.cut(other.process.name, alone)
      }
    } else if (dice < 0.7 && servers.every((server) => server.ready)) pick(servers).empty()
    else network.faults.publicationLoss = chance.next() * 0.3
    world.run(200 + chance.next() * 3000)
    if (chance.next() < 0.4) network.heal()
    for (const each of cluster.all()) {
      if (each.process.frozen && chance.next() < 0.5) each.process.thaw()
      if (!each.up && chance.next() < 0.5) each.start()
    }
  }
}

describe('A cluster under a virtual clock', () => {
  it('is ready within 5 seconds, serves its clients, and ends with the same files', () => {
    const { cluster, clients } = started(1)
    cluster.world.run(5000)
    expect(settle(cluster, clients)).toEqual([])
    for (const client of clients) expect(client.acknowledged.length).toBeGreaterThan(20)
    for (const client of clients) expect(client.received.length).toBeGreaterThan(60)
  })

  it('acknowledges and converges while the proxy is away', () => {
    const { cluster, clients } = started(2)
    cluster.proxy.crash()
    cluster.world.run(5000)
    expect(clients.every((client) => client.acknowledged.length > 20)).toBe(true)
    expect(settle(cluster, clients)).toEqual([])
  })

  it('goes on while ref is away, and all become ready again after a full stop without it', () => {
    const { cluster, clients } = started(3)
    cluster.ref.crash()
    cluster.world.run(3000)
    for (const server of cluster.servers) server.crash()
    for (const server of cluster.servers) server.start()
    expect(cluster.runUntil(() => cluster.servers.every((server) => server.ready), 15_000)).toBe(true)
    expect(settle(cluster, clients)).toEqual([])
  })

  it('fills an emptied server again', () => {
    const { cluster, clients } = started(4)
    cluster.world.run(3000)
    cluster.servers[1]?.empty()
    cluster.world.run(3000)
    cluster.servers[1]?.start()
    cluster.world.run(3000)
    expect(settle(cluster, clients)).toEqual([])
  })

  it('acknowledges nothing while a majority is away, and nothing is lost', () => {
    const { cluster, clients } = started(5)
    cluster.world.run(2000)
    cluster.servers[0]?.crash()
    cluster.servers[1]?.crash()
    cluster.world.run(1000)
    const before = clients.map((client) => client.acknowledged.length)
    cluster.world.run(5000)
    expect(clients.map((client) => client.acknowledged.length)).toEqual(before)
    expect(settle(cluster, clients)).toEqual([])
  })

  it('brings clocks that start at +5 s, 0 and -3 s within 5 ms in ten rounds', () => {
    const { cluster } = started(6, { offsetsMs: [5000, 0, -3000] })
    cluster.world.run(20_000)
    const times = cluster.servers.map((server) => server.corrected?.precise() ?? 0)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(5)
  })

  it.each(Array.from({ length: SEEDS }, (_, i) => FIRST_SEED + i))(
    'loses, doubles and reorders nothing through crashes, freezes, cuts and lost disks (seed %i)',
    (seed) => {
      const { cluster, clients } = started(seed)
      disturb(cluster)
      const faults = settle(cluster, clients)
      expect({ seed, faults }).toEqual({ seed, faults: [] })
      expect(clients.some((client) => client.acknowledged.length > 0)).toBe(true)
    },
  )
})
