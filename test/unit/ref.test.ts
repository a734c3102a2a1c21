import { describe, expect, it } from 'vitest'
import { decode, PEER_LIMITS } from '../../src/wire/index.ts'
import { RefWorld as World } from '../support/ref-world.ts'

type Data = Record<string, unknown>
const CLUSTER = 'default/recado'

const THREE = ['a', 'b', 'c']
const report = (wanted: readonly string[], sequence = 1, pods: Data[] = []): Data => {
  const present = wanted.map((name) => ({
    name,
    role: 'server',
    uid: name,
    ip: '',
    ready: true,
    terminating: false,
  }))
  return { cluster: CLUSTER, term: 1, sequence, wanted, pods: pods.length > 0 ? pods : present }
}

describe('Ref', () => {
  it('makes the first list once all that are wanted have none, and ranks it in the order wanted', () => {
    const world = new World(THREE)
    expect(world.beat('c')).toMatchObject({ rank: 0, epoch: 0 })
    expect(world.beat('b')).toMatchObject({ rank: 0, epoch: 0 })
    expect(world.beat('a')).toMatchObject({ rank: 1, epoch: 1, voters: { epoch: 1, names: THREE } })
    expect(world.beat('b')).toMatchObject({ rank: 2 })
  })

  it('keeps ranks and list over a restart with its file, and speaks once a majority is heard', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    world.ref = world.start(THREE)
    expect(world.beat('a')).toMatchObject({ rank: 0 })
    expect(world.beat('b')).toMatchObject({ rank: 2, epoch: 1 })
  })

  it('learns ranks and list from a majority of the voters when its file is gone', () => {
    const world = new World(THREE)
    const voters = { epoch: 7, names: ['x', 'y', 'z'] }
    const ranks = { x: 4, y: 9, z: 2 }
    expect(world.beat('x', { voters, ranks, rank: 4 })).toMatchObject({ rank: 0, epoch: 0 })
    expect(world.beat('y', { voters, ranks, rank: 9 })).toMatchObject({ rank: 9, epoch: 7, voters })
    expect(world.ask('rank', { name: 'a' })).toMatchObject({ rank: 10 })
  })

  it('gives no rank twice when it starts with an older file of the same list', () => {
    const world = new World(THREE)
    world.beatAll(THREE, 3)
    const old = world.disk.bytes
    world.ref = world.start([...THREE, 'd'])
    world.beatAll(THREE)
    expect(world.beat('d', { state: 'joining' })).toMatchObject({ rank: 4, epoch: 1 })
    world.beatAll(THREE)
    world.disk.bytes = old
    world.ref = world.start([...THREE, 'd', 'e'])
    world.beatAll(THREE)
    expect(world.beat('e', { state: 'joining' })).toMatchObject({ rank: 5, epoch: 1 })
    expect(world.beat('d', { state: 'joining' })).toMatchObject({ rank: 4 })
    world.ref = world.start([...THREE, 'd', 'e'])
    world.beatAll(THREE)
    expect(world.beat('e', { state: 'joining' })).toMatchObject({ rank: 5 })
  })

  it('can change the first list too after its file is gone', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    world.disk.bytes = undefined
    world.ref = world.start([...THREE, 'd'])
    world.beatAll([...THREE, 'd'], 3)
    expect(new Set(world.voters)).toEqual(new Set([...THREE, 'd']))
  })

  it('gives no rank and proposes nothing while a server knows a newer list than its own', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    world.virtual.run(4000)
    const voters = { epoch: 5, names: ['a', 'b', 'c', 'd'] }
    expect(world.beat('a', { voters })).toMatchObject({ rank: 0, epoch: 0 })
    expect(world.ask('rank', { name: 'b' })).toMatchObject({ code: 'unavailable' })
    world.beat('b')
    expect(world.beat('c')).toMatchObject({ epoch: 5, voters })
  })

  it('adds one server at a time, once it is up and the last change is on enough disks', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    expect(world.ask('members', report(['a', 'b', 'c', 'd', 'e']))).toMatchObject({ status: 'ok' })
    world.beat('d', { state: 'joining' })
    world.beatAll(THREE)
    expect(world.voters).toEqual(THREE)
    world.beat('d', { state: 'up' })
    world.beat('e', { state: 'up' })
    expect(world.list().epoch).toBe(2)
    expect(world.voters).toEqual(THREE)
    world.beat('a')
    world.beat('a')
    expect(world.list().epoch).toBe(2)
    world.beatAll([...THREE, 'd'])
    world.beat('a')
    expect(world.list().epoch).toBe(3)
    expect(world.voters).toEqual(['a', 'b', 'c', 'd'])
    world.beatAll([...THREE, 'd', 'e'], 4)
    expect(world.voters).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('takes a server off only when unwanted, stopped, and the rest holds what any live server holds', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    world.ask('members', { ...report(['a', 'b']), pods: report(THREE)['pods'] })
    world.beat('c', { durable: { 'c/1': 5 } })
    world.beatAll(THREE)
    expect(world.list().servers['c']).toMatchObject({ state: 'leaving', voter: true, drained: false })
    world.beat('c', { state: 'leaving', stopped: true })
    world.beatAll(['a', 'b'])
    expect(world.voters).toEqual(THREE)
    expect(world.list().servers['a']).toMatchObject({ lag: 5 })
    world.beat('a', { durable: { 'c/1': 5 } })
    expect(world.voters).toEqual(THREE)
    world.beat('b', { durable: { 'c/1': 5 } })
    expect(world.voters).toEqual(['a', 'b'])
    expect(world.list().servers['c']).toMatchObject({ state: 'leaving', voter: false })
    world.beatAll(['a', 'b'])
    expect(world.list().servers['c']).toMatchObject({ state: 'removed', drained: true })
  })

  it('calls a silent server suspect, then down, and never takes it off for that', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    world.virtual.run(4000)
    world.beatAll(['a', 'b'])
    expect(world.list().servers['c']).toMatchObject({ state: 'suspect' })
    world.virtual.run(60_000)
    world.beatAll(['a', 'b'])
    expect(world.list().servers['c']).toMatchObject({ state: 'down', voter: true })
    expect(world.list().epoch).toBe(1)
    world.beat('c')
    expect(world.list().servers['c']).toMatchObject({ state: 'up' })
  })

  it('calls a server whose pod is terminating down at once, and up only for a new uid', () => {
    const world = new World(THREE)
    for (const name of [...THREE, ...THREE]) world.beat(name, { uid: name })
    const pods = THREE.map((name) => ({
      name,
      role: 'server',
      uid: name,
      ip: '',
      ready: true,
      terminating: name === 'c',
    }))
    world.ask('members', report(THREE, 1, pods))
    world.beat('c')
    expect(world.list().servers['c']).toMatchObject({ state: 'down' })
    world.beat('c', { uid: 'c2', incarnation: 2 })
    expect(world.list().servers['c']).toMatchObject({ state: 'up' })
  })

  it('answers an older report stale with the highest that it saw, over a restart too', () => {
    const world = new World([])
    world.ask('members', report(THREE, 9))
    world.ref = world.start([])
    expect(world.ask('members', report(['a'], 8))).toMatchObject({ code: 'stale', term: 1, sequence: 9 })
    expect(Object.keys(world.list().servers)).toEqual(THREE)
  })

  it('answers name_taken to an older incarnation and to another pod of the same one', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    world.beat('a', { incarnation: 5 })
    expect(world.beat('a', { incarnation: 4 })).toMatchObject({ code: 'name_taken', incarnation: 5 })
    expect(world.beat('a', { incarnation: 5, uid: 'other' })).toMatchObject({ code: 'name_taken' })
    world.ref = world.start(THREE)
    expect(world.beat('a', { incarnation: 4, uid: undefined })).toMatchObject({
      code: 'name_taken',
      incarnation: 5,
    })
  })

  it.each(['broker', 'proxy'])('takes a %s whose clock went back once the one before is down', (role) => {
    const world = new World(THREE)
    const beat = (incarnation: number, address: string): Data =>
      world.ask('heartbeat', { cluster: CLUSTER, name: 'x', role, address, incarnation })
    beat(5, 'tcp://h:1')
    world.virtual.run(9000)
    expect(beat(4, 'tcp://h:2')).toMatchObject({ code: 'name_taken', incarnation: 5 })
    world.virtual.run(1000)
    expect(beat(4, 'tcp://h:2')).toMatchObject({ status: 'ok' })
    expect(world.ask('list', {})[role === 'broker' ? 'brokers' : 'proxies']).toEqual(['tcp://h:2'])
  })

  it('tells the older of two brokers of one name of the other for as long as both run', () => {
    const world = new World(THREE)
    const beat = (incarnation: number): Data =>
      world.ask('heartbeat', { cluster: CLUSTER, name: 'x', role: 'broker', address: '', incarnation })
    for (let second = 0; second < 30; second++) {
      expect(beat(5)).toMatchObject({ status: 'ok' })
      expect(beat(4)).toMatchObject({ code: 'name_taken', incarnation: 5 })
      world.virtual.run(1000)
    }
  })

  it('never takes an older process of a server', () => {
    const world = new World(THREE)
    world.beat('a', { incarnation: 5 })
    world.virtual.run(60_000)
    expect(world.beat('a', { incarnation: 4 })).toMatchObject({ code: 'name_taken', incarnation: 5 })
  })

  it('takes of a process a clock that others, whose times are ahead of its own, took of a client', () => {
    const world = new World(THREE)
    world.clock = (1_800_000_000_000 + 60_000) * 1000
    expect(world.beat('a')).toMatchObject({ status: 'ok' })
    expect(world.ask('members', report(THREE))).toMatchObject({ status: 'ok' })
    world.clock += 1_000_000
    expect(world.beat('a')).toMatchObject({ code: 'bad_request' })
  })

  it('lets nobody drive its clock on whom it refuses', () => {
    const world = new World(THREE)
    const driven = (1_800_000_000_000 + 60_000) * 1000
    expect(world.beat('a', { incarnation: 5 })).toMatchObject({ status: 'ok' })
    world.clock = driven
    expect(world.beat('a', { incarnation: 4 })).toMatchObject({ code: 'name_taken' })
    expect(world.answered).toBeLessThan(1000)
    expect(world.beat('a', { incarnation: 5 })).toMatchObject({ status: 'ok' })
    expect(world.answered).toBeGreaterThan(driven)
  })

  it('takes of anyone who asks no higher clock than a server takes of a client', () => {
    const world = new World(THREE)
    world.clock = 1_800_000_000_001 * 1000
    for (const service of ['list', 'rank', 'toString'])
      expect(world.ask(service, { name: 'a' })).toMatchObject({ code: 'bad_request', retryable: true })
    // Whoever names another cluster, or none, asks like anyone, whatever for.
    for (const cluster of ['other/recado', undefined])
      expect(world.beat('a', { cluster })).toMatchObject({ code: 'bad_request', retryable: true })
    world.clock += 60_000_000
    expect(world.ask('list', {})).toMatchObject({ code: 'bad_request', retryable: false })
  })

  it('names the brokers that are heard, and forgets those long silent', () => {
    const world = new World(THREE)
    const broker = { cluster: CLUSTER, name: 'broker', role: 'broker', address: 'tcp://h:1', incarnation: 1 }
    expect(world.ask('heartbeat', broker)).toMatchObject({ brokers: ['tcp://h:1'] })
    world.virtual.run(20_000)
    expect(world.list().brokers).toEqual([])
  })

  it('tells Prometheus the state and the lag of every server', async () => {
    const world = new World(THREE)
    world.ref.start()
    world.beatAll(THREE)
    world.beat('a', { durable: { 'a/1': 9 } })
    world.ask('members', report(THREE))
    world.ask('members', report(THREE, 2, [report(THREE)['pods'] as Data[]].flat().slice(0, 2)))
    world.virtual.run(1000)

    const text = await world.registry.text()

    expect(text).toContain('recado_ref_server_state{server="a",state="up"} 1')
    expect(text).toContain('recado_ref_server_state{server="a",state="down"} 0')
    expect(text).toContain('recado_ref_server_state{server="c",state="down"} 1')
    expect(text).toContain('recado_ref_server_lag_operations{server="a"} 0')
    expect(text).toContain('recado_ref_server_lag_operations{server="b"} 9')

    world.beat('b', { durable: { 'a/1': 7 } })
    world.virtual.run(1000)
    const later = await world.registry.text()

    expect(later).toContain('recado_ref_server_lag_operations{server="b"} 2')
    expect(later).toContain('recado_ref_server_state{server="c",state="down"} 1')
  })

  it('answers nothing that it could not write', () => {
    const world = new World(THREE)
    world.disk.failing = true
    world.beat('a')
    world.beat('c')
    expect(world.beat('b')).toMatchObject({ code: 'unavailable', retryable: true })
    expect(world.ask('list', {})).toMatchObject({ code: 'unavailable' })
    world.disk.failing = false
    expect(world.beat('b')).toMatchObject({ rank: 2 })
  })

  it('refuses another cluster, unwanted names, unknown services and malformed data', () => {
    const world = new World(THREE)
    world.beatAll(THREE)
    expect(world.beat('a', { cluster: 'other/recado' })).toMatchObject({ code: 'denied' })
    expect(world.ask('rank', { name: 'stranger' })).toMatchObject({ code: 'denied' })
    expect(world.ask('rank', { name: 'constructor' })).toMatchObject({ code: 'denied' })
    expect(world.ask('toString', {})).toMatchObject({ code: 'unknown_service' })
    for (const service of ['rank', 'heartbeat', 'members']) {
      for (const data of [{}, { name: 1 }, { name: '' }, { cluster: CLUSTER, name: 'a/b', role: 'king' }]) {
        expect(world.ask(service, data)).toMatchObject({ code: 'bad_request' })
      }
    }
    expect(decode(world.ref.answer(Buffer.from([0xc1])), PEER_LIMITS)).toMatchObject({
      data: { code: 'bad_request' },
    })
  })
})
