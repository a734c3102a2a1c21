import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKeyValue } from '../../../src/adapters/lmdb.ts'
import type { KeyValue, KeyValueChange } from '../../../src/ports/index.ts'
import { Batches } from '../../../src/store/batches.ts'
import { changesOf } from '../../../src/store/changes.ts'
import { readHistory } from '../../../src/store/history.ts'
import type { HistoryPage } from '../../../src/store/types.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietLog } from '../../support/quiet.ts'

/** More than lmdb has room for: 126 read transactions, those of all processes together. */
const ROUNDS = 150
const EVERYTHING = { start: Buffer.from('b'), end: Buffer.from('u') }

let folder: string
let keyValue: KeyValue

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-readers-'))
  keyValue = openKeyValue(folder)
})

afterEach(async () => {
  await new Promise<void>((resolve) => keyValue.close(resolve))
  rmSync(folder, { recursive: true })
})

function commit(changes: readonly KeyValueChange[]): Promise<void> {
  return new Promise((resolve, reject) => {
    keyValue.commit(changes, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

/** Three batches of two streams that stand in the map, and a page of one message of theirs. */
async function settledBatches(map: KeyValue): Promise<() => HistoryPage> {
  const batches = new Batches({
    keyValue: map,
    log: quietLog,
    damaged: (cause) => expect(cause).toBeUndefined(),
  })
  const all = [
    batchOf([operation({ origin: 'a', seq: 1, clock: 1 })]),
    batchOf([operation({ origin: 'a', seq: 2, clock: 3 })]),
    batchOf([operation({ origin: 'b', seq: 1, clock: 2 })]),
  ]
  await commit(all.flatMap(changesOf))
  for (const batch of all) batches.add(batch, true)
  const visible = new Map([
    ['a/1', 2],
    ['b/1', 1],
  ])
  const query = { channel: 'news', after: new Map(), visible, limit: 1, bytes: 1000 }
  return () => readHistory(query, batches, () => false)
}

it('pages that stop at their limit, with commits between them, leave nothing open in the map', async () => {
  let open = 0
  const page = await settledBatches({
    ...keyValue,
    *range(options) {
      open++
      try {
        yield* keyValue.range(options)
      } finally {
        open--
      }
    },
  })

  for (let round = 0; round < ROUNDS; round++) {
    expect(page()).toMatchObject({ messages: [{ clock: 1 }], more: true })
    expect(open).toBe(0)
    await commit([{ key: Buffer.from('x'), value: Buffer.from([round]) }])
  }
})

it('a page that fails leaves nothing open either', async () => {
  let open = 0
  const page = await settledBatches({
    ...keyValue,
    *range(options) {
      open++
      try {
        if (open === 2) throw new Error('The map cannot be read')
        yield* keyValue.range(options)
      } finally {
        open--
      }
    },
  })

  expect(page).toThrow(expect.objectContaining({ code: 'unavailable' }))
  expect(open).toBe(0)
})

it('ranges that are left without being ended do not use up the room that the map has for readers', async () => {
  await commit(['c', 'd', 'e'].map((key) => ({ key: Buffer.from(key), value: Buffer.from(key) })))
  const left = []
  for (let round = 0; round < ROUNDS; round++) {
    const entries = keyValue.range(EVERYTHING)[Symbol.iterator]()
    expect(entries.next().value.key.toString()).toBe('c')
    left.push(entries)
    await commit([{ key: Buffer.from('d'), value: Buffer.from([round]) }])
  }

  expect([...keyValue.range(EVERYTHING)].map(({ key }) => Buffer.from(key).toString())).toEqual([
    'c',
    'd',
    'e',
  ])
  // They go on where they were.
  expect(left.map((entries) => entries.next().value.key.toString())).toEqual(left.map(() => 'd'))
})
