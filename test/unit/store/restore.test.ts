import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemChance } from '../../../src/adapters/chance.ts'
import { openFiles } from '../../../src/adapters/files.ts'
import { openJournal } from '../../../src/adapters/journal.ts'
import { openKeyValue } from '../../../src/adapters/lmdb.ts'
import { systemTime, systemTimers } from '../../../src/adapters/time.ts'
import { openStore, PROJECTED_FILES, type Restored, restore, type Store } from '../../../src/store/index.ts'
import { type Operation, renderLine } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { VirtualDisk } from '../../support/virtual-disk.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

const events = { flushed: () => {}, failed: () => {}, full: () => {}, late: () => {} }

function open(disk: VirtualDisk, world: VirtualTime): Store {
  const time = world.process()
  const ports = { time, timers: time, log: quietLog, metrics: quietMetrics, events }
  return openStore({
    ...ports,
    journal: disk.journal(time),
    keyValue: disk.keyValue(time),
    chance: seededChance(1),
    files: disk.files(),
  })
}

/** Two servers' past: users, channels, a double that is left out, a direct message of bytes. */
const past: readonly Operation[][] = [
  [
    operation({ origin: 'a', seq: 1, clock: 1, kind: 'login', target: '' }),
    operation({ origin: 'a', seq: 2, clock: 3, kind: 'channel' }),
    operation({ origin: 'a', seq: 3, clock: 5, message: 'bom "dia"' }),
    operation({ origin: 'a', seq: 4, clock: 9 }),
  ],
  [
    operation({ origin: 'b', seq: 1, clock: 2, kind: 'login', user: 'bia', target: '' }),
    operation({ origin: 'b', seq: 2, clock: 6, id: 'a-3' }),
    operation({
      origin: 'b',
      seq: 3,
      clock: 7,
      user: 'bia',
      kind: 'message',
      target: 'ana',
      message: Uint8Array.of(255),
    }),
  ],
]

function write(operations: readonly Operation[][]): VirtualDisk {
  const [disk, world] = [new VirtualDisk(), new VirtualTime()]
  const store = open(disk, world)
  for (const each of operations) store.append(batchOf(each))
  world.run(10)
  store.finalise(1000)
  // Until all is settled.
  world.run(2000)
  return disk
}

/** A disk that holds only the files, and what restores it. */
async function restored(
  files: ReadonlyMap<string, Uint8Array>,
): Promise<{ disk: VirtualDisk; result: Restored }> {
  const [disk, world] = [new VirtualDisk(), new VirtualTime()]
  for (const [name, bytes] of files) disk.contents.set(name, bytes)
  const done = restore({ files: disk.files(), open: () => disk.keyValue(world.process()) })
  for (let turn = 0; turn < 1000; turn++) {
    world.run(1)
    await Promise.resolve()
  }
  return { disk, result: await done }
}

describe('restore', () => {
  it('makes a store that writes the same files, from their bytes alone', async () => {
    const { contents } = write(past)
    const { disk, result } = await restored(contents)
    expect(result).toEqual({ operations: 3, voids: 4, users: 2, channels: 1 })
    for (const name of PROJECTED_FILES) disk.contents.delete(name)
    const world = new VirtualTime()
    const store = open(disk, world)
    expect(store.found).toBe(true)
    expect(store.memory).toMatchObject({ intact: true, incarnation: 1 })
    expect(store.users()).toEqual(['ana', 'bia'])
    expect(store.channels()).toEqual(['news'])
    store.finalise(1000)
    world.run(10)
    for (const name of PROJECTED_FILES)
      expect(disk.text(name)).toBe(Buffer.from(contents.get(name) ?? []).toString())
  })

  it('keeps positions, ids and histories, and lets fillers disturb none of them', async () => {
    const { disk } = await restored(write(past).contents)
    const world = new VirtualTime()
    const store = open(disk, world)
    expect(store.find('ana', 'a-3')).toEqual({ clock: 5, origin: 'a', incarnation: 1, seq: 3 })
    expect(store.find('', '')).toBeUndefined()
    expect(store.read('b/1', 2)?.kind).toBe('void')
    const query = { after: new Map(), visible: store.durable, limit: 10, bytes: 1e6 }
    expect(store.history({ channel: 'news', ...query }).messages.map(({ clock }) => clock)).toEqual([5, 9])
    expect(store.history({ user: 'ana', ...query }).messages.map(({ clock }) => clock)).toEqual([7])
    store.append(batchOf([operation({ origin: 'a', seq: 5, clock: 10, id: 'a-3' })]))
    store.append(batchOf([operation({ origin: 'a', seq: 6, clock: 11 })]))
    world.run(10)
    store.finalise(1000)
    world.run(10)
    expect(disk.text('publications.jsonl').split('\n')).toHaveLength(4)
  })

  /** A past with a private channel of ana and eva, which bia has left; another that all have left; and a public one. */
  const secured: readonly Operation[][] = [
    [
      operation({ origin: 'a', seq: 1, clock: 1, kind: 'private', target: 'board', message: 'ana bia' }),
      operation({ origin: 'a', seq: 2, clock: 2, kind: 'private', target: 'empty', message: 'ana' }),
      operation({ origin: 'a', seq: 3, clock: 3, kind: 'channel' }),
      operation({ origin: 'a', seq: 4, clock: 4, target: 'board', message: 'among us' }),
      operation({ origin: 'a', seq: 5, clock: 5, kind: 'invite', target: 'board', message: 'eva' }),
      operation({ origin: 'a', seq: 6, clock: 6, kind: 'leave', target: 'empty', message: '' }),
    ],
    [
      operation({ origin: 'b', seq: 1, clock: 1, kind: 'login', target: '' }),
      operation({ origin: 'b', seq: 2, clock: 7, kind: 'leave', target: 'board', user: 'bia', message: '' }),
    ],
  ]

  it('keeps private channels private, for those who are members in the end', async () => {
    const { contents } = write(secured)
    const { disk } = await restored(contents)
    for (const name of PROJECTED_FILES) disk.contents.delete(name)
    const world = new VirtualTime()
    const store = open(disk, world)
    const membersOf = (channel: string): unknown => {
      const members = store.membersOf(channel)
      return members && [...members.keys()].toSorted()
    }

    expect(membersOf('board')).toEqual(['ana', 'eva'])
    expect(membersOf('empty')).toEqual([])
    expect(membersOf('news')).toBeUndefined()
    store.finalise(1000)
    world.run(10)
    for (const name of PROJECTED_FILES)
      expect(disk.text(name)).toBe(Buffer.from(contents.get(name) ?? []).toString())
  })

  it('makes no channel public that only lines name, where there are private ones', async () => {
    const { contents } = write(secured)
    const registry = JSON.parse(Buffer.from(contents.get('registry.json') ?? []).toString())
    const known = { ...registry, channels: ['empty'], private: [{ channel: 'empty', members: [] }] }
    contents.set('registry.json', Buffer.from(JSON.stringify(known)))
    const { disk } = await restored(contents)
    const store = open(disk, new VirtualTime())

    expect([...(store.membersOf('board')?.keys() ?? [])]).toEqual(['ana'])
  })

  it('knows users and channels that only lines name', async () => {
    const { contents } = write(past)
    contents.set('registry.json', Buffer.from('{"users":[],"channels":[]}'))
    const { result } = await restored(contents)
    expect(result).toMatchObject({ users: 2, channels: 1 })
  })

  it('fills batch after batch when a stream has long stretches without a line', async () => {
    const { contents } = write(past)
    const far = operation({ origin: 'b', seq: 40_000, clock: 50_000, user: 'bia' })
    const lines = Buffer.concat([
      contents.get('publications.jsonl') ?? Buffer.of(),
      Buffer.from(renderLine(far)),
    ])
    contents.set('publications.jsonl', lines)
    const { disk } = await restored(contents)
    const store = open(disk, new VirtualTime())
    expect(store.held.get('b/1')).toBe(40_000)
    expect(store.memory.intact).toBe(true)
    expect(store.read('b/1', 40_000)).toEqual(far)
  })

  const cases: readonly [string, string, (text: string) => string, string][] = [
    [
      'a line that is no JSON',
      'publications.jsonl',
      (text) => `${text}x\n`,
      'Line 3 of publications.jsonl is not an operation',
    ],
    [
      'a line that was edited',
      'publications.jsonl',
      (text) => text.replace('"clock":9', '"clock": 9'),
      'Line 2 of publications.jsonl is not as recado writes it',
    ],
    [
      'a line that is cut short',
      'messages.jsonl',
      (text) => text.slice(0, -1),
      'Line 1 of messages.jsonl is cut short',
    ],
    [
      'a line twice',
      'messages.jsonl',
      (text) => text + text,
      'Line 2 of messages.jsonl is not behind the line before it',
    ],
    [
      'a line of the other file',
      'messages.jsonl',
      (text) => text + renderLine(past[0]?.[3] as Operation),
      'Line 2 of messages.jsonl belongs into the other file',
    ],
    [
      'a clock too low for its seq',
      'publications.jsonl',
      (text) => text.replace('"seq":4', '"seq":44'),
      'Line 2 of publications.jsonl has a seq that its clock',
    ],
    [
      'an id that was left out',
      'publications.jsonl',
      (text) => text.replace('"a-4"', '"a-3"'),
      'Line 2 of publications.jsonl has the id of one',
    ],
    [
      'a registry with a private channel without members',
      'registry.json',
      () => '{"users":[],"channels":[],"private":[{"channel":"board"}]}',
      'Line 1 of registry.json does not list',
    ],
    ['a registry of something else', 'registry.json', () => '[]', 'Line 1 of registry.json does not list'],
  ]

  it.each(cases)('refuses %s, names file and line, and writes nothing', async (_, file, change, message) => {
    const { contents } = write(past)
    contents.set(file, Buffer.from(change(Buffer.from(contents.get(file) ?? []).toString())))
    const files = new VirtualDisk()
    for (const [name, bytes] of contents) files.contents.set(name, bytes)
    const refused = restore({ files: files.files(), open: () => expect.unreachable() })
    await expect(refused).rejects.toMatchObject({
      code: 'not_restorable',
      message: expect.stringContaining(message),
    })
  })

  it('refuses a store that holds something, and a folder that lacks a file', async () => {
    const disk = write(past)
    const again = restore({ files: disk.files(), open: () => disk.keyValue(new VirtualTime().process()) })
    await expect(again).rejects.toMatchObject({ code: 'not_restorable' })
    disk.contents.delete('registry.json')
    const lacking = restore({ files: disk.files(), open: () => expect.unreachable() })
    await expect(lacking).rejects.toThrow('registry.json is missing')
  })

  it('makes the same files again on a real disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recado-restore-'))
    try {
      const { contents } = write(past)
      for (const [name, bytes] of contents) openFiles(folder).append(name, bytes)
      await restore({ files: openFiles(folder), open: () => openKeyValue(folder) })
      for (const name of PROJECTED_FILES) rmSync(`${folder}/${name}`)
      const ports = { time: systemTime(), timers: systemTimers, log: quietLog, metrics: quietMetrics, events }
      const store = openStore({
        ...ports,
        journal: openJournal(folder),
        keyValue: openKeyValue(folder),
        chance: systemChance,
        files: openFiles(folder),
      })
      store.finalise(1000)
      await new Promise<void>((resolve) => store.close(resolve))
      for (const name of PROJECTED_FILES)
        expect(Buffer.compare(readFileSync(`${folder}/${name}`), contents.get(name) ?? Buffer.of())).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
