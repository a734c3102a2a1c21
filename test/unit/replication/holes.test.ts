import { describe, expect, it } from 'vitest'
import { Holes } from '../../../src/replication/holes.ts'
import { Peer } from '../../../src/replication/peer.ts'
import type { Store } from '../../../src/store/index.ts'
import type { Batch } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const STREAM = 'x/1'

/** A server that holds nothing of a stream which `b` and `c` have; whom it asks for it is in `asked`. */
function holesBeside({ earlyMs = 0 } = {}) {
  const world = new VirtualTime()
  const [b, c] = ['b', 'c'].map((name) => {
    const peer = new Peer(name, '', 1, new Map())
    peer.incarnation = 1
    peer.durable.set(STREAM, 9)
    return peer
  }) as [Peer, Peer]
  const held = new Map<string, number>()
  const state = { live: [b, c], asked: [] as string[], hurried: true }
  const holes = new Holes({
    store: { held } as unknown as Store,
    time: { monotonic: () => world.now, wall: () => world.now },
    timers: {
      soon: (run) => void world.schedule(0, run),
      after: (ms, run) => world.schedule(ms - earlyMs, run),
      every: () => () => {},
    },
    chance: { next: () => 0 },
    log: quietLog,
    metrics: quietMetrics,
    live: () => state.live,
    hurried: () => state.hurried,
    fetch: (peer) => state.asked.push(peer.name),
  })
  holes.notice(STREAM)
  return { holes, world, state, held, b, c }
}

/** A batch of a stream, from its operation `seq` on. */
function batchFrom(seq: number, count = 2, origin = 'x'): Batch {
  return batchOf(
    Array.from({ length: count }, (_, at) => operation({ origin, seq: seq + at, clock: seq + at })),
  )
}

describe('Holes', () => {
  it('asks one peer for a hole, and no other before that one has had a second', () => {
    const { holes, world, state } = holesBeside()
    world.run(1000)
    holes.fill()
    expect(state.asked).toEqual(['b'])
    world.run(1)
    holes.fill()
    expect(state.asked).toEqual(['b', 'b'])
  })

  it('asks another peer at once when the one that it asked is known to be down', () => {
    const { holes, state, c } = holesBeside()
    state.live = [c]
    holes.fill()
    expect(state.asked).toEqual(['b', 'c'])
  })

  it('asks again at once when the peer that it asked has started anew', () => {
    const { holes, state, b } = holesBeside()
    b.incarnation = 2
    holes.fill()
    expect(state.asked).toHaveLength(2)
  })

  it('goes on asking in its pace while its peers send it new batches all the time', () => {
    const { holes, world, state, held, b, c } = holesBeside()
    state.live = [b]
    let answers = 0
    for (let ms = 0; ms < 1000; ms += 5) {
      const due = state.asked.length > answers
      world.run(5)
      holes.answered('b', [batchFrom(1000 + ms, 1)])
      holes.answered('b', [batchFrom(1000 + ms, 1, 'b')])
      holes.answered('c', [batchFrom(1000 + ms, 1, 'c')])
      if (!due) continue
      const seq = (held.get(STREAM) ?? 0) + 1
      for (const peer of [b, c]) peer.durable.set(STREAM, seq + 9)
      held.set(STREAM, seq)
      answers++
      holes.answered('b', [batchFrom(seq, 1)])
    }
    expect(answers).toBeGreaterThan(30)
    expect(answers).toBeLessThanOrEqual(50)
  })

  it.each([
    ['a whole answer', 1024, 1, 20],
    ['a whole answer', 1024, 30, 60],
    ['half of one', 512, 30, 31],
    ['a small one', 1, 30, 20],
    ['a whole answer', 1024, 900, 100],
  ])(
    'waits, after %s (%i KiB) that took %i ms, %i ms before it asks that peer again',
    (_, kib, took, waits) => {
      const { holes, world, state, held, b } = holesBeside()
      state.live = [b]
      world.run(took)
      held.set(STREAM, 1)
      const message = 'x'.repeat(kib * 1024)
      holes.answered('b', [batchOf([operation({ origin: 'x', seq: 1, clock: 1, message })])])
      world.run(waits - 1)
      holes.fill()
      expect(state.asked).toHaveLength(1)
      world.run(2)
      expect(state.asked).toHaveLength(2)
    },
  )

  it('asks again in its pace though timers come a little early', () => {
    const { holes, world, state, held, b } = holesBeside({ earlyMs: 1 })
    state.live = [b]
    held.set(STREAM, 1)
    holes.answered('b', [batchFrom(1, 1)])
    world.run(30)
    expect(state.asked).toHaveLength(2)
  })

  it('asks nothing twice because a batch came that is no answer', () => {
    const { holes, world, state, b } = holesBeside()
    state.live = [b]
    state.hurried = false
    world.run(100)
    holes.answered('b', [batchFrom(20)])
    holes.answered('b', [batchFrom(1, 2, 'b')])
    holes.fill()
    expect(state.asked).toEqual(['b'])
  })

  it('leaves a peer alone for a while that had nothing to give', () => {
    const { holes, world, state, b } = holesBeside()
    state.live = [b]
    holes.answered('b', [])
    world.run(249)
    holes.fill()
    expect(state.asked).toEqual(['b'])
    world.run(1)
    holes.fill()
    expect(state.asked).toEqual(['b', 'b'])
  })

  it('takes an answer that came too late for the one to its second question only while that needs it', () => {
    const { holes, world, state, held, b } = holesBeside()
    state.live = [b]
    world.run(1001)
    holes.fill()
    expect(state.asked).toEqual(['b', 'b'])
    held.set(STREAM, 2)
    holes.answered('b', [batchFrom(1)])
    world.run(21)
    expect(state.asked).toHaveLength(3)
    // The answer to the second question holds nothing that the third asked for.
    holes.answered('b', [batchFrom(1)])
    world.run(20)
    holes.fill()
    expect(state.asked).toHaveLength(3)
  })

  it('takes nothing for an answer of a peer that it has not asked', () => {
    const { holes, state, c } = holesBeside()
    holes.answered('c', [])
    state.live = [c]
    holes.fill()
    expect(state.asked).toEqual(['b', 'c'])
  })
})
