import { describe, expect, it } from 'vitest'
import { Holes } from '../../../src/replication/holes.ts'
import { Peer } from '../../../src/replication/peer.ts'
import type { Store } from '../../../src/store/index.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const STREAM = 'x/1'

/** A server that holds nothing of a stream which `b` and `c` have; whom it asks for it is in `asked`. */
function holesBeside() {
  const world = new VirtualTime()
  const [b, c] = ['b', 'c'].map((name) => {
    const peer = new Peer(name, '', 1, new Map())
    peer.incarnation = 1
    peer.durable.set(STREAM, 9)
    return peer
  }) as [Peer, Peer]
  const state = { live: [b, c], asked: [] as string[] }
  const holes = new Holes({
    store: { held: new Map() } as unknown as Store,
    time: { monotonic: () => world.now, wall: () => world.now },
    timers: {
      soon: (run) => void world.schedule(0, run),
      after: (ms, run) => world.schedule(ms, run),
      every: () => () => {},
    },
    chance: { next: () => 0 },
    log: quietLog,
    metrics: quietMetrics,
    live: () => state.live,
    hurried: () => true,
    fetch: (peer) => state.asked.push(peer.name),
  })
  holes.notice(STREAM)
  return { holes, world, state, b, c }
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
})
