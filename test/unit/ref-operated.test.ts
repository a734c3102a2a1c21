import { describe, expect, it } from 'vitest'
import { RefWorld } from '../support/ref-world.ts'

const THREE = ['a', 'b', 'c']
const FIVE = ['a', 'b', 'c', 'd', 'e']

/** A ref without a file and without SERVERS, and servers in pods of which an operator reports. */
function operated(wanted: readonly string[] = THREE): RefWorld {
  const world = new RefWorld([])
  world.pods(wanted)
  world.report(wanted)
  return world
}

/** Ref's pod is replaced: it starts with nothing. */
function replaceRef(world: RefWorld): void {
  world.disk.bytes = undefined
  world.ref = world.start([])
}

describe('Ref, told by an operator what is wanted', () => {
  it('makes the first list of what the operator wants', () => {
    const world = operated()
    world.beatAll(THREE)

    expect(world.list()).toMatchObject({ epoch: 1 })
    expect(world.voters).toEqual(THREE)
  })

  it('makes no list before an operator has told what is wanted', () => {
    const world = new RefWorld([])
    world.pods(THREE)
    world.beatAll(THREE)

    expect(world.list()).toMatchObject({ epoch: 0, servers: {} })
  })

  it('learns list and ranks again when all pods are replaced, its own too', () => {
    const world = operated()
    world.beatAll(THREE)
    replaceRef(world)
    world.pods(THREE)
    world.report(THREE)
    const before = world.list()
    world.beatAll(['b', 'c'], 1)

    expect(before.servers['a']).toMatchObject({ rank: 0, state: 'suspect', voter: false })
    expect(world.list()).toMatchObject({
      epoch: 1,
      servers: { a: { rank: 1, voter: true }, b: { rank: 2 }, c: { rank: 3 } },
    })
  })

  it('takes a cluster that grows for no new one, though most of its servers have no list', () => {
    const world = operated(['a'])
    world.beatAll(['a'])
    replaceRef(world)
    world.pods(THREE)
    world.report(THREE)
    world.beatAll(['b', 'c'], 5)
    expect(world.list().epoch).toBe(0)
    world.beatAll(THREE, 1)

    expect(world.list().servers['a']).toMatchObject({ rank: 1, voter: true })
    expect(world.beat('a')).toMatchObject({ voters: { epoch: expect.any(Number) } })
    expect(world.voters).toContain('a')
  })

  it('takes a cluster that shrinks for no new one, though all that stay have no list', () => {
    const world = operated()
    world.beatAll(THREE)
    replaceRef(world)
    world.report(['a'])
    world.beat('a', { voters: { epoch: 0, names: [] } })
    expect(world.list().epoch).toBe(0)
    world.beatAll(['b', 'c'], 1)

    expect(world.list().epoch).toBe(1)
  })

  it('calls nobody down, removed or drained before it has learnt', () => {
    const world = operated(FIVE)
    world.beatAll(FIVE)
    replaceRef(world)
    world.report(THREE)
    world.virtual.run(60_000)
    world.beat('a')
    const { servers, epoch } = world.list()

    expect(epoch).toBe(0)
    for (const { state, drained } of Object.values(servers)) {
      expect(['up', 'suspect']).toContain(state)
      expect(drained).toBe(false)
    }
  })

  it('does not take a voter for removed by an old list of its own', () => {
    const world = operated()
    world.beatAll(THREE)
    world.pods(['a', 'b', 'c', 'd'])
    world.report(['a', 'b', 'c', 'd'])
    world.beat('d', { state: 'joining' })
    const old = world.disk.bytes
    world.beat('d', { state: 'up' })
    world.beatAll(['a', 'b', 'c', 'd'], 3)
    expect(world.voters).toEqual(['a', 'b', 'c', 'd'])
    world.disk.bytes = old
    world.ref = world.start([])
    world.report(THREE)
    world.beat('d')

    expect(world.list().servers['d']?.['state']).not.toBe('removed')
  })

  it('calls a server down as soon as its pod is gone, and up when the next pod speaks for itself', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(THREE, { without: ['c'] })
    expect(world.list().servers['c']).toMatchObject({ state: 'down', voter: true })
    world.pods(['c'])
    world.report(THREE)
    expect(world.list().servers['c']).toMatchObject({ state: 'down' })
    world.beat('c')

    expect(world.list().servers['c']).toMatchObject({ state: 'up' })
  })

  it('is not misled by a report that is older than a pod that has spoken', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(THREE, { without: ['c'] })
    world.pods(['c'])
    world.beat('c')
    world.report(THREE, { without: ['c'] })

    expect(world.list().servers['c']).toMatchObject({ state: 'up' })
  })

  it('knows a terminating pod that it first hears after the report of it', () => {
    const world = operated()
    world.report(THREE, { terminating: ['c'] })
    world.beatAll(THREE)
    world.beatAll(THREE)

    expect(world.list()).toMatchObject({ epoch: 0 })
    world.pods(['c'])
    world.report(THREE)
    world.beatAll(THREE)
    expect(world.list()).toMatchObject({ epoch: 1, servers: { c: { state: 'up' } } })
  })

  it('lists a removed server whose pod is gone as removed and drained, also after it was replaced', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(['a', 'b'], { present: THREE })
    world.beat('c', { state: 'leaving', stopped: true })
    world.beatAll(['a', 'b'])
    expect(world.voters).toEqual(['a', 'b'])
    world.beatAll(['a', 'b'])
    world.report(['a', 'b'], { without: ['c'] })
    expect(world.list().servers['c']).toMatchObject({ state: 'removed', drained: true, rank: 3 })
    replaceRef(world)
    world.report(['a', 'b'], { without: ['c'] })
    world.beatAll(['a', 'b'], 1)

    expect(world.list().servers['c']).toMatchObject({ state: 'removed', drained: true, rank: 3 })
  })

  it('gives a removed server that comes back with an empty disk its former rank', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(['a', 'b'], { present: THREE })
    world.beat('c', { state: 'leaving', stopped: true })
    world.beatAll(['a', 'b'])
    world.pods(['c'])
    world.report(THREE)
    world.servers.delete('c')

    expect(world.beat('c', { state: 'joining', incarnation: 2 })).toMatchObject({ rank: 3 })
    expect(world.list().servers['c']).toMatchObject({ state: 'joining', voter: false, drained: false })
    world.beat('c', { state: 'up' })
    world.beatAll(THREE, 3)
    expect(world.voters).toEqual(THREE)
  })
})

describe('Ref, changing the voters', () => {
  it('names the list that follows first, and goes over once most of it has what anyone had by then', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(['a', 'b'])
    world.beat('c', { state: 'leaving', stopped: true, durable: { 'a/1': 7 } })
    expect(world.beat('a')).toMatchObject({ voters: { epoch: 2, names: THREE, next: ['a', 'b'] } })
    // Accepted and acknowledged by those who knew only the former list.
    world.beat('a', { durable: { 'a/1': 9 } })
    world.beat('b', { durable: { 'a/1': 7 } })
    expect(world.list()).toMatchObject({ epoch: 2, servers: { c: { state: 'leaving', drained: false } } })
    world.beat('b', { durable: { 'a/1': 9 } })

    expect(world.beat('a')).toMatchObject({ voters: { epoch: 3, names: ['a', 'b'] } })
    expect(world.list().servers['c']).toMatchObject({ state: 'leaving', voter: false, drained: false })
    world.beatAll(['a', 'b'])
    expect(world.list().servers['c']).toMatchObject({ state: 'removed', drained: true })
  })

  it('lets a server stay that is wanted again before it is taken off', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(['a', 'b'])
    world.beat('c', { state: 'leaving', stopped: true, durable: { 'c/1': 5 } })
    world.beatAll(['a', 'b'])
    expect(world.list().epoch).toBe(2)
    world.report(THREE)
    world.beatAll(THREE)

    expect(world.list()).toMatchObject({ epoch: 3, servers: { c: { state: 'up', voter: true } } })
    expect(world.beat('a')['voters']).toEqual({ epoch: 3, names: THREE })
  })

  it('does not begin to take one off while the rest is no majority of itself', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(['a', 'b'])
    world.virtual.run(4000)
    world.beat('a')
    world.beat('c', { state: 'leaving', stopped: true })
    world.beat('a')

    expect(world.list()).toMatchObject({ epoch: 1, servers: { c: { state: 'leaving', voter: true } } })
  })

  it('takes several off one after the other, those of the highest rank first', () => {
    const world = operated(FIVE)
    world.beatAll(FIVE)
    world.report(THREE)
    for (const name of ['d', 'e']) world.beat(name, { state: 'leaving', stopped: true })
    world.beatAll(FIVE, 1)
    expect(world.beat('a')).toMatchObject({ voters: { next: ['a', 'b', 'c', 'd'] } })
    world.beatAll(FIVE, 6)

    expect(world.voters).toEqual(THREE)
  })

  it('goes on with a change of the voters after it was replaced', () => {
    const world = operated()
    world.beatAll(THREE)
    world.report(['a', 'b'])
    world.beat('c', { state: 'leaving', stopped: true, durable: { 'c/1': 5 } })
    world.beatAll(['a', 'b'])
    replaceRef(world)
    world.report(['a', 'b'])
    world.beatAll(THREE)
    expect(world.list()).toMatchObject({ epoch: 2, servers: { c: { state: 'leaving', voter: true } } })
    for (const name of ['a', 'b']) world.beat(name, { durable: { 'c/1': 5 } })

    expect(world.voters).toEqual(['a', 'b'])
  })
})
