import { describe, expect, it } from 'vitest'
import { parseHeartbeat, parseServerList } from '../../src/wire/index.ts'
import { RefWorld } from '../support/ref-world.ts'

const CLUSTER = 'default/recado'

function forwarder(world: RefWorld, role: string, keys: unknown) {
  return world.ask('heartbeat', { cluster: CLUSTER, name: role, role, address: '', incarnation: 1, keys })
}

describe('Ref', () => {
  it('lists which generation of its keys every process has read, its own too', () => {
    const world = new RefWorld(['a'])
    world.keys = 4
    world.beat('a', { keys: 3 })
    forwarder(world, 'broker', 4)
    forwarder(world, 'proxy', 0)

    expect(world.ask('list', {})['keys']).toEqual({
      'server/a': 3,
      'broker/broker': 4,
      'proxy/proxy': 0,
      'ref/ref': 4,
    })
  })

  it('lists none where nobody says any, as in open mode', () => {
    const world = new RefWorld(['a'])
    world.beat('a')

    expect(world.ask('list', {})).not.toHaveProperty('keys')
  })

  it('lists no generation of who is silent, or whose pod is gone', () => {
    const world = new RefWorld(['a', 'b'])
    world.beat('a', { uid: 'a-1', keys: 3 })
    world.beat('b', { keys: 3 })
    expect(world.ask('list', {})['keys']).toEqual({ 'server/a': 3, 'server/b': 3 })

    const pods = [{ name: 'a', role: 'server', uid: 'a-1', ip: '', ready: true, terminating: true }]
    world.ask('members', { cluster: CLUSTER, term: 1, sequence: 1, wanted: ['a', 'b'], pods })
    expect(world.ask('list', {})['keys']).toEqual({ 'server/b': 3 })

    world.virtual.run(4000)
    expect(world.ask('list', {})).not.toHaveProperty('keys')
  })

  it('forgets a generation that the next heartbeat does not name', () => {
    const world = new RefWorld(['a'])
    world.beat('a', { keys: 3 })
    world.beat('a', { keys: undefined })

    expect(world.ask('list', {})).not.toHaveProperty('keys')
  })

  it.each(['3', -1, 1.5, null, {}])('refuses a heartbeat whose generation is %j', (keys) => {
    expect(forwarder(new RefWorld(['a']), 'broker', keys)).toMatchObject({ code: 'bad_request' })
  })
})

describe('parseHeartbeat', () => {
  it('reads a generation, and does without', () => {
    const heartbeat = { cluster: CLUSTER, name: 'a', role: 'proxy', address: '', incarnation: 1 }

    expect(parseHeartbeat({ ...heartbeat, keys: 7 })).toMatchObject({ keys: 7 })
    expect(parseHeartbeat(heartbeat)).not.toHaveProperty('keys')
  })
})

describe('parseServerList', () => {
  const list = { servers: [], coordinator: '', epoch: 1 }

  it('reads the generations, and does without', () => {
    expect(parseServerList({ ...list, keys: { 'server/a': 7 } }).keys).toEqual({ 'server/a': 7 })
    expect(parseServerList(list)).not.toHaveProperty('keys')
  })

  it.each([7, [7], { 'server/a': '7' }, { 'server/a': -1 }])('refuses generations that are %j', (keys) => {
    expect(() => parseServerList({ ...list, keys })).toThrow('Key "keys"')
  })
})
