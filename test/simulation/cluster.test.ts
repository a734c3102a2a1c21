import { describe, expect, it } from 'vitest'
import { covers } from '../../src/wire/index.ts'
import { LibraryClient } from './clients/library.ts'
import { SimpleClient } from './clients/simple.ts'
import type { SimulatedServer } from './server.ts'
import { Stage, type StageOptions } from './stage.ts'

async function started(seed: number, options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage(seed, { simple: 2, library: 1, pauseMs: 100, ...options })
  stage.start()
  expect(await stage.until(() => stage.cluster.servers.every((server) => server.ready), 10_000)).toBe(true)
  return stage
}

/** One of two servers, ended, its disk as it was while it was the only one. */
async function putBackToAlone(): Promise<{ stage: Stage; first: SimulatedServer }> {
  const stage = await started(9, { servers: 1 })
  const [first] = stage.cluster.servers as [SimulatedServer]
  const copy = first.copy()
  stage.want(['server-1', 'server-2'])
  expect(await stage.until(() => first.server?.replica.voting.names.length === 2, 10_000)).toBe(true)
  await stage.cluster.world.advance(2000)
  first.crash()
  first.restore(copy)
  return { stage, first }
}

function acknowledged({ clients }: Stage): number[] {
  return clients.flatMap((client) =>
    client instanceof SimpleClient || client instanceof LibraryClient ? [client.acknowledged] : [],
  )
}

describe('A cluster under a virtual clock', () => {
  it('is ready within 5 seconds, serves its clients, and ends with the same files', async () => {
    const stage = await started(1)
    await stage.cluster.world.advance(5000)
    expect(await stage.settle()).toEqual([])
    for (const count of acknowledged(stage)) expect(count).toBeGreaterThan(20)
    const [simple, , library] = stage.clients
    expect((simple as SimpleClient).heard).toBeGreaterThan(60)
    expect((library as LibraryClient).received).toBeGreaterThan(60)
  })

  it('acknowledges and converges while the proxy is away', async () => {
    const stage = await started(2)
    stage.cluster.proxies[0]?.crash()
    await stage.cluster.world.advance(5000)
    for (const count of acknowledged(stage)) expect(count).toBeGreaterThan(20)
    expect(await stage.settle()).toEqual([])
  })

  it('goes on while ref is away, and all become ready again after a full stop without it', async () => {
    const stage = await started(3)
    const { cluster } = stage
    cluster.ref.crash()
    await cluster.world.advance(3000)
    for (const server of cluster.servers) server.crash()
    for (const server of cluster.servers) server.start()
    expect(await stage.until(() => cluster.servers.every((server) => server.ready), 15_000)).toBe(true)
    expect(await stage.settle()).toEqual([])
  })

  it('takes up again by itself when everything was replaced at once, ref without what it knew', async () => {
    const stage = await started(6, { operated: true })
    const { cluster, operator } = stage
    await cluster.world.advance(2000)
    for (const each of [...cluster.servers, ...cluster.proxies, cluster.ref]) each.crash()
    cluster.ref.forget()
    await cluster.world.advance(2000)
    for (const each of [...cluster.servers, ...cluster.proxies, cluster.ref]) each.start()
    operator?.report()
    expect(await stage.settle()).toEqual([])
  })

  it('serves again with a server that is wanted again before it was taken off', async () => {
    const stage = await started(7, { operated: true })
    const { cluster } = stage
    const [first, second, third] = cluster.servers as [SimulatedServer, SimulatedServer, SimulatedServer]
    const names = stage.wanted
    await cluster.world.advance(1000)
    // The rest is no majority of itself while one of it is away.
    second.crash()
    await cluster.world.advance(4000)
    stage.want([first.name, second.name])
    expect(await stage.until(() => third.state === 'leaving', 5000)).toBe(true)
    stage.want(names)
    expect(await stage.until(() => third.state === 'up', 5000)).toBe(true)
    expect(await stage.settle()).toEqual([])
    expect(first.server?.replica.voting.names).toHaveLength(3)
  })

  it('fills an emptied server again', async () => {
    const stage = await started(4)
    const { world, servers } = stage.cluster
    await world.advance(3000)
    servers[1]?.empty()
    await world.advance(3000)
    servers[1]?.start()
    await world.advance(3000)
    expect(await stage.settle()).toEqual([])
  })

  it('lets no server that got an old copy of its disk vouch for what it has lost', async () => {
    const stage = await started(7)
    const { world, servers, witness } = stage.cluster
    const [first, second, third] = servers as [SimulatedServer, SimulatedServer, SimulatedServer]
    second.disk.space = 'full'
    await world.advance(1000)
    const copy = first.copy()
    await world.advance(2000)
    const { losses, holds } = witness.disk('server-1')
    expect([...holds.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(20)
    third.crash()
    first.restore(copy)
    second.disk.space = 'room'
    first.start()
    await world.advance(5000)
    expect(losses).toHaveLength(1)
    expect([first.state, second.state]).toEqual(['joining', 'up'])
    expect(await stage.settle()).toEqual([])
  })

  it('lets no server rise by a list of itself alone before ref has told whether others vote too', async () => {
    const { stage, first } = await putBackToAlone()
    first.start()
    // The checker of rising looks at what it holds when it is up.
    expect(await stage.settle()).toEqual([])
  })

  it('lets no server that votes alone rise by what it has not been told while it stood still', async () => {
    const { stage, first } = await putBackToAlone()
    const { world, network } = stage.cluster
    network.slow('ref', first.name, 200)
    first.start()
    await world.advance(20)
    first.freeze()
    await world.advance(3500)
    first.thaw()
    expect(await stage.settle()).toEqual([])
  })

  it('has a server that votes alone rise after a heartbeat timeout while ref is away', async () => {
    const stage = await started(10, { servers: 1, heartbeatTimeoutMs: 1000 })
    const { world, servers, ref } = stage.cluster
    const [first] = servers as [SimulatedServer]
    ref.crash()
    first.crash()
    first.start()
    await world.advance(900)
    expect(first.state).toBe('joining')
    await world.advance(700)
    expect(first.state).toBe('up')
    expect(await stage.settle()).toEqual([])
  })

  it('lets no server vouch before it has heard what its disk lacks', async () => {
    const stage = await started(11)
    const { world, servers, network } = stage.cluster
    const [first, second, third] = servers as [SimulatedServer, SimulatedServer, SimulatedServer]
    second.crash()
    const copy = first.copy()
    await world.advance(3000)
    second.start()
    first.restore(copy)
    // Who heard what the disk of the first held is slow to say so.
    for (const { name } of [first, second]) network.slow(third.name, name, 1500)
    first.start()
    await world.advance(400)
    expect([first.state, second.state]).toEqual(['joining', 'joining'])
    for (const { name } of [first, second]) network.slow(third.name, name, 0)
    expect(await stage.settle()).toEqual([])
  })

  it('finds nothing in the rise from an old copy when nobody living had heard what the disk held', async () => {
    const stage = await started(13, { library: 0, readers: 0 })
    const { world, servers, network, witness } = stage.cluster
    const [first, second, third] = servers as [SimulatedServer, SimulatedServer, SimulatedServer]
    third.disk.space = 'full'
    await world.advance(500)
    const copy = second.copy()
    network.cut(second.name, third.name, 'lose')
    await world.advance(1000)
    second.crash()
    await world.advance(10)
    network.mend(second.name, third.name)
    await world.advance(10)
    second.restore(copy)
    first.crash()
    second.start()
    expect(await stage.until(() => second.state === 'up', 5000)).toBe(true)
    const [loss] = witness.disk(second.name).losses
    expect(covers(witness.disk(second.name).holds, loss?.held ?? new Map())).toBe(false)
    third.disk.space = 'room'
    expect(await stage.settle()).toEqual([])
  })

  it('lets a server that stood still for half the timeout accept only once the others count it again', async () => {
    const stage = await started(8)
    const [first] = stage.cluster.servers as [SimulatedServer]
    first.freeze()
    await stage.cluster.world.advance(1700)
    first.thaw()
    expect(first.server?.accepting).toBe(false)
    expect(await stage.until(() => first.server?.accepting === true, 1000)).toBe(true)
    expect(await stage.settle()).toEqual([])
  })

  it('lets the others accept while a server that they hear hears nobody', async () => {
    const stage = await started(14)
    const { world, servers, network } = stage.cluster
    const [first, second, third] = servers as [SimulatedServer, SimulatedServer, SimulatedServer]
    for (const { name } of [first, second]) network.cut(name, third.name, 'lose')
    await world.advance(3000)
    const isWithheld = (): boolean => [first, second].some(({ server }) => server?.accepting !== true)
    expect(await stage.until(isWithheld, 3000)).toBe(false)
    expect(third.server?.replica.majorityLive).toBe(false)
    expect(await stage.settle()).toEqual([])
  })

  it('makes nothing final in its next life without a server that it had let accept', async () => {
    const stage = await started(12, { servers: 1, operated: true, simple: 0, library: 0 })
    const { world, servers, ref } = stage.cluster
    const [first] = servers as [SimulatedServer]
    stage.want(['server-1', 'server-2'])
    const second = servers[1] as SimulatedServer
    // Ref does not come to name the new server to be a voter.
    const heard = () => first.server?.replica.peers.get('server-2')?.incarnation ?? 0
    for (let ms = 0; ms < 5000 && heard() === 0; ms++) await world.advance(1)
    ref.freeze()
    expect(await stage.until(() => second.server?.accepting === true, 5000)).toBe(true)
    expect(first.server?.replica.voting.names).toEqual(['server-1'])
    first.crash()
    second.freeze()
    first.start()
    expect(await stage.until(() => first.state === 'up', 4000)).toBe(true)
    expect(first.store?.finalClock).toBe(0)
    second.thaw()
    ref.thaw()
    expect(await stage.settle()).toEqual([])
  })

  it('tells two lives apart that began with copies of one disk while the clock was behind', async () => {
    const stage = await started(16)
    const { world, servers } = stage.cluster
    const [, second] = servers as [SimulatedServer, SimulatedServer]
    const copy = second.copy()
    second.process.stepWall(-10_000)
    const lives: number[] = []
    for (let life = 0; life < 2; life++) {
      second.crash()
      second.restore(copy)
      second.start()
      expect(await stage.until(() => second.ready, 10_000)).toBe(true)
      lives.push(second.incarnation)
      await world.advance(1000)
    }
    expect(lives[1]).toBeGreaterThan(lives[0] as number)
    expect(await stage.settle()).toEqual([])
  })

  it('lets a server that was taken off accept nothing when it starts again', async () => {
    const stage = await started(15, { operated: true })
    const { world, servers, network } = stage.cluster
    const [first, , third] = servers as [SimulatedServer, SimulatedServer, SimulatedServer]
    stage.want(['server-1', 'server-2'])
    expect(await stage.until(() => first.server?.replica.voting.names.length === 2, 10_000)).toBe(true)
    third.crash()
    network.slow(third.name, 'ref', 40)
    third.start()
    const accepts = (): boolean => third.server?.accepting === true
    expect(await stage.until(accepts, 3000)).toBe(false)
    expect(third.state).toBe('leaving')
    network.slow(third.name, 'ref', 0)
    await world.advance(100)
    expect(await stage.settle()).toEqual([])
  })

  it('lets a server come back whose disk is lost and whose clock was set back', async () => {
    const stage = await started(9)
    const [first] = stage.cluster.servers as [SimulatedServer]
    first.empty()
    first.process.stepWall(-60_000)
    first.start()
    expect(await stage.until(() => first.ready, 5000)).toBe(true)
    expect(await stage.settle()).toEqual([])
  })

  it('acknowledges nothing at a majority while that is away, and nothing is lost', async () => {
    const stage = await started(5)
    const { world, servers, witness } = stage.cluster
    await world.advance(2000)
    servers[0]?.crash()
    servers[1]?.crash()
    await world.advance(1000)
    const since = world.now
    await world.advance(5000)
    const meanwhile = [...witness.wishes.values()].filter(({ acknowledgedAt = 0 }) => acknowledgedAt > since)
    expect(meanwhile.filter(({ level }) => level !== 'one')).toEqual([])
    expect(await stage.settle()).toEqual([])
  })

  it('brings clocks that start at +5 s, 0 and -3 s within 5 ms in ten rounds', async () => {
    const clocks = [{ offsetMs: 5000 }, {}, { offsetMs: -3000 }]
    const { cluster } = await started(6, { clocks })
    await cluster.world.advance(20_000)
    const times = cluster.servers.map((server) => server.corrected?.precise() ?? 0)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(5)
  })
})
