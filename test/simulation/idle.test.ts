import { describe, expect, it } from 'vitest'
import { Cluster } from './cluster.ts'

const REST_MS = 30_000
const COUNTED_MS = 10_000

/** A cluster that nobody asks for anything, and what goes from one process to another while it is counted. */
function setUp() {
  const cluster = new Cluster(1)
  const { network } = cluster
  const counts = new Map<string, number>()
  const send = network.send.bind(network)
  network.send = (link, deliver) => {
    const way = `${link.from.name} > ${link.to.name}`
    counts.set(way, (counts.get(way) ?? 0) + 1)
    send(link, deliver)
  }
  cluster.start()
  expect(cluster.runUntil(() => cluster.servers.every((server) => server.ready), 10_000)).toBe(true)
  const rest = (): ((from: string, to: string) => number) => {
    cluster.world.run(REST_MS)
    counts.clear()
    cluster.world.run(COUNTED_MS)
    return (from, to) => counts.get(`${from} > ${to}`) ?? 0
  }
  return { cluster, rest }
}

describe('A cluster that is not used', () => {
  it('says twice a second that its servers live, once that its broker does, and nothing by its proxy', () => {
    const { rest } = setUp()
    const sent = rest()

    // Beside the heads there is a round or two of clocks.
    expect(sent('server-2', 'server-3')).toBe(20)
    expect(sent('server-1', 'server-2')).toBeLessThan(35)
    expect(sent('server-1', 'broker')).toBe(20)
    expect(sent('broker', 'server-1')).toBe(10)
    expect(sent('server-1', 'proxy')).toBe(0)
  })

  it('comes to rest without one of its servers too, and only asks whether its proxy works', () => {
    const { cluster, rest } = setUp()
    cluster.server('server-3')?.crash()
    const sent = rest()

    expect(sent('server-2', 'server-1')).toBeLessThan(35)
    expect(sent('server-1', 'broker')).toBe(20)
    expect(sent('server-1', 'proxy')).toBe(10)
  })
})
