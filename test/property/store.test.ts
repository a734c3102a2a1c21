import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openStore, PROJECTED_FILES, type Store } from '../../src/store/index.ts'
import { comparePositions, type Operation, renderLine } from '../../src/wire/index.ts'
import { batchOf, operation } from '../support/operations.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { VirtualDisk } from '../support/virtual-disk.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

function open(disk: VirtualDisk, world: VirtualTime): { store: Store; stop: () => void } {
  const time = world.process()
  const store = openStore({
    journal: disk.journal(time),
    keyValue: disk.keyValue(time),
    chance: seededChance(1),
    files: disk.files(),
    time,
    timers: time,
    log: quietLog,
    metrics: quietMetrics,
    events: { flushed: () => {}, failed: () => {}, full: () => {}, late: () => {} },
  })
  return { store, stop: () => time.stop() }
}

/** Streams of three servers: clocks rise by small steps so that they often meet, few ids so that they often double. */
const streams = fc.tuple(
  ...['a', 'b', 'c'].map((origin) =>
    fc
      .array(fc.record({ step: fc.integer({ min: 1, max: 4 }), id: fc.integer({ min: 0, max: 12 }) }), {
        maxLength: 12,
      })
      .map((each) => {
        let clock = 0
        return each.map(({ step, id }, at) => {
          clock += step
          return operation({ origin, seq: at + 1, clock, id: `id-${id}` })
        })
      }),
  ),
)
/** Which stream brings how many operations next, and whether all so far is made final or the process crashes behind it. */
const steps = fc.array(
  fc.record({
    stream: fc.nat(2),
    count: fc.integer({ min: 1, max: 5 }),
    after: fc.constantFrom('nothing', 'flush', 'finalise', 'crash'),
    cut: fc.nat(4000),
  }),
  { maxLength: 20 },
)

function expected(operations: readonly Operation[]): string {
  const seen = new Set<string>()
  const lines: string[] = []
  for (const each of operations.toSorted(comparePositions)) {
    if (!seen.has(each.id)) lines.push(Buffer.from(renderLine(each)).toString())
    seen.add(each.id)
  }
  return lines.join('')
}

/** Brings all that is missing and makes it final. */
function complete(store: Store, world: VirtualTime, all: readonly (readonly Operation[])[]): void {
  for (const [first, ...others] of all) if (first !== undefined) store.append(batchOf([first, ...others]))
  world.run(3000)
  store.finalise(1000)
  world.run(5000)
}

describe('files', () => {
  it('show the sorted set whatever the arrival, the batches, the final points and the crashes', () => {
    fc.assert(
      fc.property(streams, steps, (all, plan) => {
        const [disk, world] = [new VirtualDisk(), new VirtualTime()]
        const lost: unknown[] = []
        let { store, stop } = open(disk, world)
        for (const { stream, count, after, cut } of plan) {
          const operations = all[stream] as Operation[]
          const from = store.held.get(operations[0] === undefined ? '' : `${operations[0].origin}/1`) ?? 0
          const next = operations.slice(from, from + count)
          if (next.length > 0) store.append(batchOf(next))
          if (after === 'flush' || after === 'finalise') world.run(10)
          if (after === 'finalise') {
            store.finalise(store.highestClock)
            world.run(10)
          }
          if (after === 'crash') {
            const durable = new Map(store.durable)
            stop()
            disk.crash(() => cut)
            ;({ store, stop } = open(disk, world))
            lost.push(...[...durable].filter(([key, seq]) => store.held.get(key) !== seq))
          }
        }
        complete(store, world, all)
        expect(lost).toEqual([])
        expect(store.filesCurrent).toBe(true)
        expect(disk.text('publications.jsonl')).toBe(expected(all.flat()))
      }),
      { numRuns: 150 },
    )
  })

  it('are the same again after any cut of any of them', () => {
    fc.assert(
      fc.property(streams, fc.constantFrom(...PROJECTED_FILES), fc.nat(8000), (all, name, cut) => {
        const [disk, world] = [new VirtualDisk(), new VirtualTime()]
        const first = open(disk, world)
        complete(first.store, world, all)
        first.stop()
        const before = PROJECTED_FILES.map((each) => disk.text(each))
        disk.crash((each, size) => (each === name ? cut % (size + 1) : 0))
        complete(open(disk, world).store, world, all)
        expect(PROJECTED_FILES.map((each) => disk.text(each))).toEqual(before)
      }),
      { numRuns: 100 },
    )
  })
})
