import { describe, expect, it } from 'vitest'
import type { Memory } from '../../../src/store/index.ts'
import { decode, encode, PEER_LIMITS } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { openTestStore } from '../../support/store.ts'
import type { VirtualDisk } from '../../support/virtual-disk.ts'
import type { VirtualTime } from '../../support/virtual-time.ts'

const KEPT = ['f', 'm', 'j'] as const
const CRC_BYTES = 4
/** An operation, and something that was remembered, both settled. */
function written(): { disk: VirtualDisk; world: VirtualTime } {
  const { store, disk, world } = openTestStore()
  store.remember({ incarnation: 7, intact: true })
  store.append(batchOf([operation({ origin: 'a', seq: 1, clock: 1 })]))
  world.run(5000)
  disk.crash()
  return { disk, world }
}

function valueOf(disk: VirtualDisk, key: string): Uint8Array {
  const entry = disk.map.get(key)
  if (entry === undefined) throw new Error(`There is no ${key}`)
  return entry.value
}

function put({ map }: VirtualDisk, key: string, value: Uint8Array): void {
  map.set(key, { key: Buffer.from(key), value })
}

/** As the first format had it. */
const unchecked = (disk: VirtualDisk, key: string): Uint8Array => valueOf(disk, key).slice(0, -CRC_BYTES)

describe('a store', () => {
  it('says of which format it is, once it has settled something', () => {
    const { disk } = written()
    expect([...valueOf(disk, 'f')]).toEqual([2])
  })

  it('of another format is refused with other_format', () => {
    const { disk, world } = written()
    put(disk, 'f', encode(99))
    put(disk, 'm', unchecked(disk, 'm'))
    expect(() => openTestStore(disk, world)).toThrow(expect.objectContaining({ code: 'other_format' }))
  })

  it.each(KEPT)('is damaged, whichever bit it is of what it keeps of itself: %s', (key) => {
    const { disk, world } = written()
    const kept = valueOf(disk, key)
    for (let bit = 0; bit < kept.byteLength * 8; bit++) {
      put(
        disk,
        key,
        kept.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
      )
      expect(() => openTestStore(disk, world)).toThrow('not as it was written')
    }
    put(disk, key, kept)
    expect(openTestStore(disk, world).store.memory.incarnation).toBe(7)
  })

  it.each(KEPT)('is damaged when it lacks what it keeps of itself: %s', (key) => {
    const { disk, world } = written()
    disk.map.delete(key)
    let error: unknown
    try {
      openTestStore(disk, world)
    } catch (cause) {
      error = cause
    }
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toMatchObject({ code: 'other_format' })
  })

  it.each([
    ['says so', { f: encode(1) }],
    ['says nothing', {}],
  ])(
    'of the first format, which %s, is read and becomes one of today with its next commit',
    (_how, marks) => {
      const { disk, world } = written()
      const today = KEPT.map((key) => valueOf(disk, key))
      const first = { m: unchecked(disk, 'm'), j: unchecked(disk, 'j'), ...marks }
      for (const key of KEPT) disk.map.delete(key)
      for (const [key, value] of Object.entries(first)) put(disk, key, value)

      const { store } = openTestStore(disk, world)
      expect(store.memory).toMatchObject<Partial<Memory>>({ incarnation: 7, intact: true })
      expect(store.held.get('a/1')).toBe(1)
      store.remember({ incarnation: 8 })
      world.run(5000)
      expect(valueOf(disk, 'f')).toEqual(today[0])
      expect(decode(unchecked(disk, 'm'), PEER_LIMITS)).toMatchObject({ incarnation: 8 })
    },
  )
})
