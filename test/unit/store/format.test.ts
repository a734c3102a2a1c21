import { expect, it } from 'vitest'
import { decode, encode, PEER_LIMITS } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { openTestStore } from '../../support/store.ts'

const FORMAT_KEY = Buffer.from('f')

it('a store says of which format it is, once it has settled something', () => {
  const { store, disk, world } = openTestStore()
  store.append(batchOf([operation({ origin: 'a', seq: 1, clock: 1 })]))
  world.run(5000)
  const kept = disk.keyValue(world.process()).get(FORMAT_KEY)

  expect(kept === undefined ? undefined : decode(kept, PEER_LIMITS)).toBe(1)
})

it('a store of another format is refused with other_format', () => {
  const { disk, world } = openTestStore()
  const time = world.process()
  disk.keyValue(time).commit([{ key: FORMAT_KEY, value: encode(2) }], () => {})
  world.run(1000)

  expect(() => openTestStore(disk, world)).toThrow(expect.objectContaining({ code: 'other_format' }))
})
