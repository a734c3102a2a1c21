import { describe, expect, it } from 'vitest'
import type { KeyValue, Timers } from '../../../src/ports/index.ts'
import { Batches } from '../../../src/store/batches.ts'
import { keptLog } from '../../support/kept-log.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { openTestStore } from '../../support/store.ts'
import { VirtualDisk } from '../../support/virtual-disk.ts'

const STREAM = 'a/1'
const BATCH = batchOf([operation({ origin: 'a', seq: 1, clock: 1 })])

/** A settled batch, and a map that gives of it what a test says. */
function setUp(read: () => Uint8Array) {
  const damages: unknown[] = []
  const log = keptLog()
  const keyValue: KeyValue = {
    get: read,
    *range(): ReturnType<KeyValue['range']> {
      yield { key: Buffer.from(`tnews\0${STREAM}\0\0\0\0\0\0\0\0\u0001`), value: read() }
    },
    commit: () => {},
    space: () => ({ free: 1, total: 1 }),
    close: () => {},
  }
  const batches = new Batches({ keyValue, log, damaged: (cause) => damages.push(cause) })
  batches.add(BATCH, true)
  return { batches, damages, log }
}

function failing(code: unknown): () => never {
  return () => {
    throw Object.assign(new Error('Cannot read'), { code })
  }
}

describe('Batches', () => {
  it.each([
    ['one that fails its check', () => BATCH.bytes.map((byte, at) => (at === 20 ? byte ^ 1 : byte))],
    ['one that the disk cannot give', failing('EIO')],
  ])('tells of %s, which is answered with unavailable', (_what, read) => {
    const { batches, damages } = setUp(read)

    expect(() => batches.containing(STREAM, 1)).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(damages).toHaveLength(1)
    expect(batches.encoded(STREAM, 0, 1, 1000)).toEqual([])
  })

  it('takes a map that cannot be read for no damaged disk: it is asked again', () => {
    let read: () => Uint8Array = failing(-30_790)
    const { batches, damages, log } = setUp(() => read())

    expect(() => batches.containing(STREAM, 1)).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(() => [...batches.ofTopic('news', STREAM, 1)]).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    )
    expect(batches.encoded(STREAM, 0, 1, 1000)).toEqual([])
    expect(damages).toEqual([])
    expect(log.lines.map(({ message }) => message)).toEqual(Array(3).fill('Cannot read the store'))

    read = () => BATCH.bytes
    expect(batches.containing(STREAM, 1)?.lastSeq).toBe(1)
    expect([...batches.ofTopic('news', STREAM, 1)]).toHaveLength(1)
  })
})

/** A disk whose map cannot be read any more, once it is told so. */
class UnreadableDisk extends VirtualDisk {
  unreadable = false

  override keyValue(timers: Timers): KeyValue {
    const map = super.keyValue(timers)
    return { ...map, get: (key) => (this.unreadable ? failing(-30_790)() : map.get(key)) }
  }
}

describe('a store whose map cannot be read', () => {
  /** With an operation that stands in the map alone. */
  function reopened() {
    const disk = new UnreadableDisk()
    const first = openTestStore(disk)
    first.store.append(BATCH)
    first.world.run(5000)
    disk.crash()
    const second = openTestStore(disk, first.world)
    disk.unreadable = true
    return { ...second, disk }
  }

  it('goes on when only a question is not answered', () => {
    const { disk, store, told } = reopened()

    expect(() => store.find('ana', 'a-1')).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(told).toEqual([])
    expect(disk.text('DOUBT')).toBe('')

    disk.unreadable = false
    expect(store.find('ana', 'a-1')).toMatchObject({ origin: 'a', seq: 1 })
  })

  it('ends as one in doubt when it cannot take whole what it is given', () => {
    const { disk, store, told } = reopened()

    const same = batchOf([operation({ origin: 'b', seq: 1, clock: 2, id: 'a-1' })])
    expect(() => store.append(same)).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect(told).toEqual(['failed disk_failed'])
    expect(disk.text('DOUBT')).not.toBe('')
  })
})
