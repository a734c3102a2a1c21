import { describe, expect, it } from 'vitest'
import { allBatches, seqOfKey } from '../../../src/store/keys.ts'
import type { Operation } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { openTestStore } from '../../support/store.ts'
import type { VirtualDisk } from '../../support/virtual-disk.ts'

/** Longer than a commit takes, and shorter than a commit and an append. */
const ONE_COMMIT_MS = 0.6

/** So many that they are not joined to one batch. */
const run = (origin: string, from: number): Operation[] =>
  Array.from({ length: 200 }, (_, i) => operation({ origin, seq: from + i, clock: from + i }))

/** A disk that its store called intact: two batches are settled, and two stand in the journal alone. */
function written() {
  const { store, disk, world } = openTestStore()
  store.remember({ intact: true })
  store.append(batchOf(run('a', 1)))
  store.append(batchOf(run('a', 201)))
  world.run(5000)
  for (const origin of ['a', 'b']) {
    store.append(batchOf(run(origin, (store.held.get(`${origin}/1`) ?? 0) + 1)))
    world.run(10)
  }
  disk.crash()
  return { disk, world }
}

/** One bit of the batch that begins with this operation. */
function rot({ map }: VirtualDisk, seq: number): void {
  for (const { key, value } of map.values()) {
    const isBatch = key[0] === allBatches().start[0]
    if (isBatch && seqOfKey(key) === seq) value[50] = (value[50] as number) ^ 1
  }
}

/** The last group but one. */
function loseGroup(disk: VirtualDisk): void {
  const last = Math.max(...disk.journalFiles.flat().map(({ number }) => number))
  const [first, second] = disk.journalFiles.map((groups) => groups.filter((each) => each.number !== last - 1))
  disk.journalFiles = [first ?? [], second ?? []]
}

describe('a store that finds something damaged', () => {
  it.each([
    ['a batch', (disk: VirtualDisk) => rot(disk, 201), 200],
    ['the journal', loseGroup, 400],
  ])('says so in the very commit that removes what shows it: %s', (_what, damage, held) => {
    const { disk, world } = written()
    damage(disk)
    const second = openTestStore(disk, world)
    expect(second.store.held.get('a/1')).toBe(held)
    expect(second.store.memory.intact).toBe(false)
    second.store.remember({ incarnation: 2 })
    world.run(ONE_COMMIT_MS)
    disk.crash()

    const third = openTestStore(disk, world)
    expect(Object.fromEntries(third.store.held)).toEqual({ 'a/1': held, 'b/1': 200 })
    expect(third.store.memory).toMatchObject({ intact: false, incarnation: 0 })
  })
})
