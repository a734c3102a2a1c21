import { describe, expect, it } from 'vitest'
import type { StoreFiles } from '../../../src/store/types.ts'
import { type Operation, renderLine } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietMetrics } from '../../support/quiet.ts'
import { openTestStore } from '../../support/store.ts'
import { VirtualDisk } from '../../support/virtual-disk.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const a = (seq: number, clock: number, more: Partial<Operation> = {}): Operation =>
  operation({ origin: 'a', seq, clock, ...more })
const b = (seq: number, clock: number, more: Partial<Operation> = {}): Operation =>
  operation({ origin: 'b', seq, clock, ...more })

/** Operations `from` to `to` of stream a, clock = seq. */
function run(from: number, to: number): Operation[] {
  return Array.from({ length: to - from + 1 }, (_, at) => a(from + at, from + at))
}

describe('a store whose user gives an id again', () => {
  it('finds the newer operation once the older one has left the window', () => {
    const { store, world } = openTestStore()
    store.append(batchOf([a(1, 1, { id: 'x' }), ...run(2, 4999)]))
    store.append(batchOf([a(5000, 5000, { id: 'x' })]))
    world.run(10)
    expect(store.find('ana', 'x')?.clock).toBe(1)
    store.finalise(4999)
    world.run(10)
    expect(store.find('ana', 'x')?.clock).toBe(5000)
    store.finalise(5000)
    world.run(10)
    expect(store.find('ana', 'x')?.clock).toBe(5000)
  })

  it('finds the newer operation when both become final at once', () => {
    const { store, world, disk } = openTestStore()
    store.append(batchOf([a(1, 1, { id: 'x' }), ...run(2, 4999), a(5000, 5000, { id: 'x' })]))
    world.run(10)
    store.finalise(5000)
    world.run(10)
    expect(store.find('ana', 'x')?.clock).toBe(5000)
    expect(disk.text('publications.jsonl').split('\n')).toHaveLength(5001)
  })

  it('forgets both when both have left the window', () => {
    const { store, world } = openTestStore()
    store.append(batchOf([a(1, 1, { id: 'x' }), a(2, 2, { id: 'x' }), ...run(3, 5000)]))
    world.run(10)
    store.finalise(5000)
    world.run(10)
    expect(store.find('ana', 'x')).toBeUndefined()
  })
})

describe('a store that puts late operations in their place', () => {
  it('shows no old double in histories while it rewrites', () => {
    const { store, world } = openTestStore()
    store.append(batchOf([...run(1, 3000), a(3001, 3001, { id: 'x' }), a(3002, 3002, { id: 'x' })]))
    store.append(batchOf(run(3003, 9000)))
    world.run(10)
    store.finalise(9000)
    world.run(10)
    const after = new Map([['a/1', 3000]])
    const clocks = (): number[] =>
      store
        .history({ channel: 'news', after, visible: store.durable, limit: 2, bytes: 1e6 })
        .messages.map(({ clock }) => clock)
    expect(clocks()).toEqual([3001, 3003])
    store.append(batchOf([b(1, 8999)]))
    const time = world.process()
    const seen = new Set<string>()
    let rewriting = 0
    const look = (left: number): void => {
      if (!store.filesCurrent) rewriting++
      seen.add(clocks().join(' '))
      if (left > 0) time.soon(() => look(left - 1))
    }
    time.after(0.4, () => look(50))
    world.run(3000)
    expect(rewriting).toBeGreaterThan(2)
    expect(store.filesCurrent).toBe(true)
    expect([...seen]).toEqual(['3001 3003'])
  })

  it('lets a file be copied in pieces, with pauses between them, before it replaces its tail', () => {
    const disk = new VirtualDisk()
    const world = new VirtualTime()
    const files = disk.files.bind(disk)
    const steps: string[] = []
    const times = new Set<number>()
    disk.files = (): StoreFiles => ({
      ...files(),
      copyOn(name, keep) {
        steps.push(`copy ${keep} of ${name}`)
        times.add(world.now)
        return steps.length < 5
      },
      replaceTail(name, keep, tail) {
        steps.push(`replace behind ${keep} of ${name}`)
        files().replaceTail(name, keep, tail)
      },
    })
    const { store } = openTestStore(disk, world)
    store.append(batchOf([a(1, 10), a(2, 30)]))
    world.run(10)
    store.finalise(30)
    world.run(10)
    steps.length = 0
    store.append(batchOf([b(1, 20)]))
    world.run(3000)

    const lines = [a(1, 10), b(1, 20), a(2, 30)].map(renderLine)
    expect(disk.text('publications.jsonl')).toBe(lines.join(''))
    expect([...new Set(steps)]).toEqual([
      'copy 0 of publications.jsonl',
      'replace behind 0 of publications.jsonl',
    ])
    expect(steps.at(-1)).toMatch(/^replace/)
    expect(times.size).toBe(5)
  })

  it('tells of and counts each operation, whether its batch began late or not', () => {
    const counted: number[] = []
    const metrics = {
      ...quietMetrics,
      add: (name: string, value = 1) => {
        if (name === 'recado_late_operations_total') counted.push(value)
      },
    }
    const { store, world, told } = openTestStore(new VirtualDisk(), new VirtualTime(), metrics)
    store.append(batchOf([a(1, 10), a(2, 30)]))
    world.run(10)
    store.finalise(30)
    world.run(10)
    store.append(batchOf([b(1, 20), b(2, 21), b(3, 40)]))
    world.run(3000)
    expect(told).toContain('late 20, 2')
    expect(counted.reduce((sum, value) => sum + value, 0)).toBe(2)
  })
})

describe('a store whose disk gives back something else than was written', () => {
  /** A store that has its batches only on the disk, and the disk's damage. */
  function damaged(): ReturnType<typeof openTestStore> {
    const disk = new VirtualDisk()
    const world = new VirtualTime()
    const first = openTestStore(disk, world)
    first.store.remember({ intact: true })
    for (const each of run(1, 3)) first.store.append(batchOf([each]))
    // Until all is settled.
    first.world.run(2000)
    disk.crash()
    const opened = openTestStore(disk, world)
    for (const [key, { value }] of disk.map) {
      if (key.startsWith('ba/1')) value.set([(value.at(-3) ?? 0) ^ 1], value.byteLength - 3)
    }
    return opened
  }

  const ways: readonly [string, (opened: ReturnType<typeof openTestStore>) => unknown][] = [
    ['an operation is read', ({ store }) => store.read('a/1', 2)],
    [
      'history is read',
      ({ store }) =>
        store.history({ channel: 'news', after: new Map(), visible: store.durable, limit: 9, bytes: 1e6 }),
    ],
  ]

  it.each(ways)('fails as a disk in doubt, and says unavailable, when %s', (_, read) => {
    const opened = damaged()
    expect(() => read(opened)).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(() => read(opened)).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(opened.told).toEqual(['failed disk_failed'])
    expect(openTestStore(opened.disk, opened.world).store.memory.intact).toBe(false)
  })

  it('fails so too when that shows while the store is opened', () => {
    const disk = new VirtualDisk()
    const world = new VirtualTime()
    const first = openTestStore(disk, world)
    first.store.append(batchOf([operation({ origin: 'a', seq: 1, clock: 1, kind: 'login', target: '' })]))
    world.run(2000)
    disk.crash()
    const keyValue = disk.keyValue.bind(disk)
    // The first reading of all is right, and not that of what it says about users.
    disk.keyValue = (timers) => {
      const right = keyValue(timers)
      const get = (key: Uint8Array) => (key[0] === 'b'.charCodeAt(0) ? Uint8Array.of(1) : right.get(key))
      return { ...right, get }
    }

    expect(() => openTestStore(disk, world)).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(disk.contents.has('DOUBT')).toBe(true)
  })

  it('gives peers nothing of it', () => {
    const { store, told } = damaged()
    expect(store.batches('a/1', 0, 1e6)).toEqual([])
    expect(told).toEqual(['failed disk_failed'])
  })

  it('fails once when the files are written, and closes', () => {
    const { store, world, told } = damaged()
    store.finalise(3)
    world.run(5000)
    expect(told).toEqual(['failed disk_failed'])
    let closed = false
    store.close(() => {
      closed = true
    })
    world.run(10)
    expect(closed).toBe(true)
  })
})
