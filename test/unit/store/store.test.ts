import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemChance } from '../../../src/adapters/chance.ts'
import { openFiles } from '../../../src/adapters/files.ts'
import { openJournal } from '../../../src/adapters/journal.ts'
import { openKeyValue } from '../../../src/adapters/lmdb.ts'
import { systemTime, systemTimers } from '../../../src/adapters/time.ts'
import { openStore, type Store, type StoreEvents } from '../../../src/store/index.ts'
import { comparePositions, type Operation, renderLine } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { VirtualDisk } from '../../support/virtual-disk.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

function setUp(disk = new VirtualDisk(), world = new VirtualTime(), groupBytes?: number) {
  const time = world.process()
  const told: string[] = []
  const events: StoreEvents = {
    flushed: (changes) => told.push(`flushed ${JSON.stringify(Object.fromEntries(changes))}`),
    failed: (code) => told.push(`failed ${code}`),
    full: (full) => told.push(`full ${full}`),
    late: ({ clock }) => told.push(`late ${clock}`),
  }
  const store = openStore({
    journal: disk.journal(time),
    keyValue: disk.keyValue(time),
    chance: seededChance(1),
    files: disk.files(),
    time,
    timers: time,
    log: quietLog,
    metrics: quietMetrics,
    events,
    ...(groupBytes !== undefined && { groupBytes }),
  })
  return { store, disk, world, told }
}

function append(store: Store, ...operations: Operation[]): string {
  return store.append(batchOf(operations))
}

const a = (seq: number, clock: number, more: Partial<Operation> = {}): Operation =>
  operation({ origin: 'a', seq, clock, ...more })
const b = (seq: number, clock: number, more: Partial<Operation> = {}): Operation =>
  operation({ origin: 'b', seq, clock, ...more })

describe('Store', () => {
  it('shows in the registry who the members of a private channel are, and nothing of that where there is none', () => {
    const { store, disk, world } = setUp()
    const board = { target: 'board', user: 'ana' } as const
    append(store, a(1, 10, { kind: 'login', target: '' }), a(2, 11, { kind: 'channel', target: 'news' }))
    world.run(10)
    store.finalise(11)
    world.run(5000)
    expect(JSON.parse(disk.text('registry.json'))).toEqual({ users: ['ana'], channels: ['news'] })

    append(store, a(3, 12, { ...board, kind: 'private', message: 'ana rui' }))
    append(store, a(4, 13, { ...board, kind: 'invite', message: 'eva' }))
    append(store, a(5, 14, { ...board, kind: 'leave', user: 'rui' }))
    world.run(10)
    store.finalise(14)
    world.run(5000)
    expect(JSON.parse(disk.text('registry.json'))).toEqual({
      users: ['ana'],
      channels: ['board', 'news'],
      private: [{ channel: 'board', members: ['ana', 'eva'] }],
    })
  })

  it('holds at once, and calls durable only what is flushed', () => {
    const { store, world, told } = setUp()
    expect(append(store, a(1, 10))).toBe('appended')
    expect(store.held.get('a/1')).toBe(1)
    expect(store.durable.get('a/1')).toBeUndefined()
    expect(store.lowestUnflushedClock).toBe(10)
    world.run(10)
    expect(store.durable.get('a/1')).toBe(1)
    expect(store.lowestUnflushedClock).toBeUndefined()
    expect(told).toEqual(['flushed {"a/1":1}'])
  })

  it('flushes in one commit all that came while the last one ran', () => {
    const { store, world, told } = setUp()
    append(store, a(1, 10))
    world.run(0.1)
    append(store, a(2, 11))
    append(store, b(1, 12))
    world.run(10)
    expect(told).toEqual(['flushed {"a/1":1}', 'flushed {"a/1":2,"b/1":1}'])
  })

  it('flushes what is much in several writes, in its order, and what it remembers with the first of them', () => {
    const large = { message: 'x'.repeat(1000) }
    const { store, world, told } = setUp(new VirtualDisk(), new VirtualTime(), 2500)
    for (const seq of [1, 2, 3, 4, 5]) append(store, a(seq, 10 + seq, large))
    store.remember({ lease: 7 }, () => told.push('remembered'))
    world.run(0.1)
    expect(store.lowestUnflushedClock).toBe(11)
    append(store, a(6, 16, { message: 'y'.repeat(5000) }), a(7, 17, large))
    append(store, b(1, 18))
    world.run(0.5)
    expect([store.durable.get('a/1'), store.lowestUnflushedClock]).toEqual([2, 13])
    world.run(10)
    expect(told).toEqual([
      'remembered',
      'flushed {"a/1":2}',
      'flushed {"a/1":4}',
      'flushed {"a/1":5}',
      'flushed {"a/1":7}',
      'flushed {"b/1":1}',
    ])
  })

  it('refuses a batch behind a gap, knows what it has, and takes the rest of one that overlaps', () => {
    const { store } = setUp()
    expect(append(store, a(2, 11))).toBe('gap')
    append(store, a(1, 10), a(2, 11))
    expect(append(store, a(2, 11))).toBe('known')
    expect(append(store, a(2, 11), a(3, 12))).toBe('appended')
    expect(store.read('a/1', 3)).toEqual(a(3, 12))
  })

  it('writes the files in the total order, up to the final clock and no further', () => {
    const { store, world, disk } = setUp()
    append(store, a(1, 10), a(2, 30))
    append(store, b(1, 20), b(2, 40))
    world.run(10)
    store.finalise(30)
    world.run(10)
    expect(disk.text('publications.jsonl')).toBe([a(1, 10), b(1, 20), a(2, 30)].map(renderLine).join(''))
    expect(store.filesCurrent).toBe(true)
  })

  it('looks at its files only when there is something to write, however the final clock goes on', () => {
    const { store, world, disk } = setUp()
    append(store, a(1, 10))
    world.run(10)
    store.finalise(5)
    world.run(10)
    store.finalise(10)
    world.run(10)
    expect(disk.text('publications.jsonl')).toBe(renderLine(a(1, 10)))
    world.run(5000)

    store.finalise(1000)
    expect(store.filesCurrent).toBe(true)
    expect(world.step()).toBe(false)

    append(store, a(2, 1001))
    world.run(10)
    store.finalise(2000)
    expect(store.filesCurrent).toBe(false)
  })

  it("leaves out of files and history an operation whose id an earlier one of the same user's has", () => {
    const { store, world, disk } = setUp()
    append(store, a(1, 10, { id: 'x', message: 'first' }))
    append(store, b(1, 20, { id: 'x', message: 'first' }))
    append(store, b(2, 21, { id: 'x', user: 'bia' }))
    world.run(10)
    const history = (): number[] =>
      store
        .history({ channel: 'news', after: new Map(), visible: store.durable, limit: 10, bytes: 1e6 })
        .messages.map(({ clock }) => clock)
    expect(history()).toEqual([10, 21])
    store.finalise(30)
    world.run(10)
    expect(history()).toEqual([10, 21])
    expect(disk.text('publications.jsonl').split('\n')).toHaveLength(3)
    expect(store.find('ana', 'x')?.clock).toBe(10)
  })

  it('puts a late operation in its place', () => {
    const { store, world, disk, told } = setUp()
    append(store, a(1, 10), a(2, 30))
    world.run(10)
    store.finalise(35)
    world.run(10)
    append(store, b(1, 20))
    world.run(3000)
    expect(told).toContain('late 20')
    expect(disk.text('publications.jsonl')).toBe([a(1, 10), b(1, 20), a(2, 30)].map(renderLine).join(''))
  })

  it('shows direct messages and the registry in files of their own', () => {
    const { store, world, disk } = setUp()
    append(
      store,
      a(1, 1, { kind: 'login', target: '', user: 'bia' }),
      a(2, 2, { kind: 'login', target: '' }),
      a(3, 3, { kind: 'channel' }),
      a(4, 4, { kind: 'message', target: 'bia', message: Uint8Array.of(0, 255) }),
    )
    world.run(10)
    store.finalise(4)
    world.run(10)
    expect(JSON.parse(disk.text('registry.json'))).toEqual({ users: ['ana', 'bia'], channels: ['news'] })
    expect(JSON.parse(disk.text('messages.jsonl'))).toMatchObject({ to: 'bia', messageBase64: 'AP8=' })
    expect(store.users()).toEqual(['ana', 'bia'])
    expect(store.channelAt('news')).toBeDefined()
  })

  it('gives a direct message to both of its users, and between two only theirs', () => {
    const { store, world } = setUp()
    append(
      store,
      a(1, 1, { kind: 'message', target: 'bia' }),
      a(2, 2, { kind: 'message', target: 'caio' }),
      a(3, 3, { kind: 'message', user: 'bia', target: 'ana' }),
    )
    world.run(10)
    const read = (user: string, other?: string): number[] =>
      store
        .history({
          user,
          ...(other === undefined ? {} : { with: other }),
          after: new Map(),
          visible: store.durable,
          limit: 10,
          bytes: 1e6,
        })
        .messages.map(({ clock }) => clock)
    expect(read('ana')).toEqual([1, 2, 3])
    expect(read('caio')).toEqual([2])
    expect(read('ana', 'bia')).toEqual([1, 3])
  })

  it('goes on from a cursor without a gap or a double, and still gives what came late', () => {
    const { store, world } = setUp()
    append(store, a(1, 10), a(2, 30), a(3, 50))
    world.run(10)
    const page = (after: ReadonlyMap<string, number>, limit: number) =>
      store.history({ channel: 'news', after, visible: store.durable, limit, bytes: 1e6 })
    const first = page(new Map(), 2)
    expect(first.messages.map(({ clock }) => clock)).toEqual([10, 30])
    expect(first.more).toBe(true)
    append(store, b(1, 20))
    world.run(10)
    const second = page(first.next, 10)
    expect(second.messages.map(({ clock }) => clock)).toEqual([20, 50])
    expect(second.more).toBe(false)
    expect(page(second.next, 10).messages).toEqual([])
  })

  it('opens again with all that was flushed, and makes missing and cut files anew', () => {
    const first = setUp()
    append(first.store, a(1, 10, { kind: 'login', target: '' }), a(2, 11, { kind: 'channel' }), a(3, 12))
    first.store.remember({ lease: 99, intact: true })
    first.world.run(10)
    first.store.finalise(20)
    first.world.run(10)
    const { text } = { text: first.disk.text('publications.jsonl') }
    append(first.store, a(4, 13))
    first.disk.crash((name, size) => (name === 'publications.jsonl' ? Math.floor(size / 2) : 0))
    first.disk.contents.delete('registry.json')
    const second = setUp(first.disk, first.world)
    expect(second.store.found).toBe(true)
    expect(second.store.memory).toMatchObject({ lease: 99, intact: true })
    expect(second.store.held.get('a/1')).toBe(3)
    expect(second.store.find('ana', 'a-3')?.clock).toBe(12)
    second.store.finalise(20)
    second.world.run(10)
    expect(second.disk.text('publications.jsonl')).toBe(text)
    expect(JSON.parse(second.disk.text('registry.json'))).toEqual({ users: ['ana'], channels: ['news'] })
  })

  it('keeps what it remembers through one short life after another', () => {
    let { disk, world, store } = setUp()
    store.remember({ intact: true })
    for (let rank = 1; rank <= 4; rank++) {
      world.run(10)
      disk.crash()
      ;({ disk, world, store } = setUp(disk, world))
      expect(store.memory).toMatchObject({ intact: true, rank: rank - 1 })
      store.remember({ rank })
    }
  })

  it('ends a stream before a batch that fails its check, and no longer vouches for itself', () => {
    const first = setUp()
    append(first.store, a(1, 10))
    append(first.store, b(1, 11))
    first.store.remember({ intact: true })
    first.world.run(10)
    append(first.store, a(2, 12))
    // Until all is settled.
    first.world.run(2000)
    for (const [key, { value }] of first.disk.map) {
      if (key.startsWith('ba/1')) value.set([(value.at(-3) ?? 0) ^ 1], value.byteLength - 3)
    }
    first.disk.crash()
    const { store } = setUp(first.disk, first.world)
    expect(store.memory.intact).toBe(false)
    expect(store.held.get('b/1')).toBe(1)
    expect(store.held.get('a/1') ?? 0).toBeLessThan(2)
  })

  it('says that the disk is full, loses nothing, and goes on when there is room', () => {
    const { store, disk, world, told } = setUp()
    disk.failure = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    append(store, a(1, 10))
    world.run(3000)
    expect(told).toEqual(['full true'])
    expect(store.durable.get('a/1')).toBeUndefined()
    disk.failure = undefined
    world.run(2000)
    expect(told).toEqual(['full true', 'full false', 'flushed {"a/1":1}'])
  })

  it('takes nothing for durable after a failed flush, and opens next as a disk in doubt', () => {
    const first = setUp()
    first.store.remember({ intact: true })
    first.world.run(10)
    first.disk.failure = new Error('input/output error')
    append(first.store, a(1, 10))
    first.world.run(10)
    expect(first.told.at(-1)).toBe('failed disk_failed')
    first.disk.failure = undefined
    first.disk.crash()
    const { store } = setUp(first.disk, first.world)
    expect(store.memory.intact).toBe(false)
  })

  it('keeps its promises on a real disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recado-store-'))
    try {
      const open = (flushed: () => void): Store =>
        openStore({
          journal: openJournal(folder),
          keyValue: openKeyValue(folder),
          chance: systemChance,
          files: openFiles(folder),
          time: systemTime(),
          timers: systemTimers,
          log: quietLog,
          metrics: quietMetrics,
          events: {
            flushed,
            failed: (_code, error) => expect(error).toBeUndefined(),
            full: () => {},
            late: () => {},
          },
        })
      const operations = Array.from({ length: 100 }, (_, i) => a(i + 1, i + 1))
      const first = await new Promise<Store>((resolve) => {
        const store = open(() => {
          if (store.durable.get('a/1') === 100) resolve(store)
        })
        for (const each of operations) append(store, each)
      })
      first.finalise(100)
      await new Promise<void>((resolve) => first.close(resolve))
      expect(readFileSync(`${folder}/publications.jsonl`, 'utf8')).toBe(operations.map(renderLine).join(''))
      const second = open(() => {})
      expect(second.held.get('a/1')).toBe(100)
      expect(operations.toSorted(comparePositions)).toEqual(operations)
      await new Promise<void>((resolve) => second.close(resolve))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
