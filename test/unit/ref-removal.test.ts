import { describe, expect, it } from 'vitest'
import { RefWorld } from '../support/ref-world.ts'

const THREE = ['a', 'b', 'c']
const LEFT = { state: 'leaving', stopped: true }

/** Servers that left are heard until ref lists them as removed, then never again. */
function scaleDown(world: RefWorld, wanted: readonly string[], order: readonly string[]): void {
  world.report(wanted)
  for (const name of order) {
    for (let round = 0; round < 12 && world.list().servers[name]?.['state'] !== 'removed'; round++) {
      world.beat(name, LEFT)
      world.beatAll([...wanted, ...order.slice(order.indexOf(name) + 1)], 1)
    }
    expect(world.list().servers[name]).toMatchObject({ state: 'removed', voter: false })
  }
}

describe('Ref, when a server is added', () => {
  it('does not wait for what only a disk had that is lost meanwhile', () => {
    const world = new RefWorld(THREE)
    world.pods(THREE)
    world.report(THREE)
    world.beatAll(THREE, 3)
    world.beat('b', { durable: { 'b/1': 5 } })
    world.report([...THREE, 'd'])
    for (let round = 0; round < 8; round++) {
      world.beatAll(['a', 'b', 'c', 'd'], 1)
      // Of the list that follows as many as are needed have all that the others have, but for what b has alone.
      expect(world.voters).toEqual(THREE)
    }
    world.beat('b', { incarnation: 2, state: 'joining', durable: {} })
    world.beatAll(['a', 'c', 'd'], 1)
    world.beat('b', { state: 'up' })
    world.beatAll(['a', 'b', 'c', 'd'], 4)
    expect(new Set(world.voters)).toEqual(new Set([...THREE, 'd']))
  })
})

describe('Ref, when servers are taken off', () => {
  it('calls one removed only when a majority of the list without it holds that list', () => {
    const world = new RefWorld(['a', 'b'])
    world.pods(['a', 'b'])
    world.report(['a', 'b'])
    world.beatAll(['a', 'b'], 3)
    world.report(['a'])
    const listOf = (name: string) => world.servers.get(name)?.['voters'] as { epoch: number; next?: unknown }
    for (let round = 0; round < 10 && listOf('a').next === undefined; round++) {
      world.beat('b', LEFT)
      world.beat('a')
    }
    // From here on server a does not take the lists that it is answered: its disk is slow.
    const joint = listOf('a')
    for (let round = 0; round < 10; round++) {
      world.beat('b', LEFT)
      world.beat('a', { voters: joint })
    }
    expect(listOf('b').epoch).toBeGreaterThan(joint.epoch)
    expect(world.list().servers['b']?.['state']).not.toBe('removed')
    for (let round = 0; round < 6; round++) {
      world.beat('b', LEFT)
      world.beat('a')
    }
    expect(world.list().servers['b']).toMatchObject({ state: 'removed', voter: false })
  })

  it.each([[['b', 'c']], [['c', 'b']]])(
    'grows again after only one was left, those of %j gone for good',
    (order) => {
      const world = new RefWorld(THREE)
      world.pods(THREE)
      world.report(THREE)
      world.beatAll(THREE, 3)
      scaleDown(world, ['a'], order)
      for (const name of order) world.servers.delete(name)
      world.virtual.run(20_000)
      const last = order.at(-1) as string
      const other = order[0] as string
      // Only the one that was taken off first comes back, as a new server.
      world.pods([other])
      world.report(['a', other], { without: [last] })
      world.beatAll(['a', other], 8)
      expect(new Set(world.voters)).toEqual(new Set(['a', other]))
    },
  )
})
