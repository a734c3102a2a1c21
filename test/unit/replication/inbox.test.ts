import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../src/adapters/metrics.ts'
import { LamportClock } from '../../../src/clocks/index.ts'
import { Holes } from '../../../src/replication/holes.ts'
import { Inbox } from '../../../src/replication/inbox.ts'
import { Outbox } from '../../../src/replication/outbox.ts'
import { Peer } from '../../../src/replication/peer.ts'
import { Peers } from '../../../src/replication/peers.ts'
import { Voting } from '../../../src/replication/voting.ts'
import { encode, REPLICA_TOPIC } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietLog } from '../../support/quiet.ts'
import { openTestStore } from '../../support/store.ts'
import { seededChance } from '../../support/virtual-time.ts'

const NOW = 1_800_000_000_000
const LIMIT = (NOW + 60_000) * 1000

/** The inbox of server `a`, and what it refused; `live` are its peers, and `fetched` is told of each fetch. */
function inbox(live: readonly Peer[] = [], fetched: (peer: Peer) => void = () => {}) {
  const { store, world } = openTestStore()
  const time = world.process()
  const identity = { cluster: 'c/one', name: 'a', address: '', incarnation: 1 }
  const registry = createMetrics({ processMetrics: false })
  const lamport = new LamportClock()
  const nothing = (): void => {}
  const parts = {
    identity,
    store,
    lamport,
    time,
    timers: time,
    log: quietLog,
    metrics: registry.metrics,
    now: () => NOW,
    chance: seededChance(1),
    heartbeatTimeoutMs: 3000,
    self: 'a',
    live: () => live,
    hurried: () => false,
    fetch: fetched,
    toPeer: () => true,
    publishToAll: nothing,
    connectPeers: nothing,
    kept: nothing,
    echoed: nothing,
    headTaken: nothing,
    owed: nothing,
    adopt: nothing,
    superseded: nothing,
  }
  const peers = new Peers(parts)
  const voting = new Voting({ epoch: 1, names: ['a', 'b'] })
  const holes = new Holes(parts)
  const taken = new Inbox({ ...parts, holes, outbox: new Outbox(parts), peers, voting })
  const refused = async (): Promise<number> =>
    Number(/^recado_replication_refused_messages_total (\d+)$/m.exec(await registry.text())?.[1] ?? 0)
  return { taken, holes, store, world, lamport, refused }
}

function shared(change: object, clock = 5): Uint8Array {
  const batch = batchOf([operation({ origin: 'b', seq: 1, clock })])
  const sender = { cluster: 'c/one', from: 'b', incarnation: 1, clock: 7, timestamp: NOW }
  return encode({ kind: 'batch', ...sender, batch: batch.bytes, ...change })
}

describe('Inbox', () => {
  it('takes batches of its own cluster on topic replica', async () => {
    const { taken, store, lamport, refused } = inbox()
    taken.fromTopic(REPLICA_TOPIC, shared({}))

    expect([...store.held.values()]).toEqual([1])
    expect(lamport.now).toBeGreaterThan(7)
    expect(await refused()).toBe(0)
  })

  it('refuses and counts batches of another cluster, and those that name none', async () => {
    const { taken, store, refused } = inbox()
    taken.fromTopic(REPLICA_TOPIC, shared({ cluster: 'c/two' }))
    taken.fromTopic(REPLICA_TOPIC, shared({ cluster: undefined }))
    taken.fromTopic(REPLICA_TOPIC, batchOf([operation({ origin: 'b', seq: 1, clock: 5 })]).bytes)

    expect(store.held.size).toBe(0)
    expect(await refused()).toBe(3)
  })

  it('refuses and counts what drives its clock beyond 1,000 times the time in ms, and a minute', async () => {
    const { taken, store, lamport, refused } = inbox()
    taken.fromTopic(REPLICA_TOPIC, shared({ clock: LIMIT + 1 }))
    taken.fromTopic(REPLICA_TOPIC, shared({}, LIMIT + 1))
    const sender = { cluster: 'c/one', from: 'b', incarnation: 1, clock: LIMIT + 1, timestamp: NOW }
    taken.fromPeer([encode({ kind: 'fetch', ...sender, stream: 'a/1', after: 0, bytes: 1 })])

    expect(store.held.size).toBe(0)
    expect(lamport.now).toBeLessThan(LIMIT)
    expect(await refused()).toBe(3)
  })

  it('takes a clock that another server, whose time is ahead of its own, took of a client', async () => {
    const { taken, store, lamport, refused } = inbox()
    const sender = { cluster: 'c/one', from: 'b', incarnation: 1, clock: LIMIT, timestamp: NOW }
    const polls: unknown[] = []
    taken.onTime = (message) => polls.push(message)
    taken.fromPeer([encode({ kind: 'time-poll', ...sender, round: 1, sent: 1 })])
    taken.fromTopic(REPLICA_TOPIC, shared({}, LIMIT))

    expect(polls).toHaveLength(1)
    expect(lamport.now).toBeGreaterThan(LIMIT)
    expect([...store.held.values()]).toEqual([1])
    expect(await refused()).toBe(0)
  })

  it('fetches little while its store takes nothing more, and goes on once that does', () => {
    const batch = batchOf([operation({ origin: 'x', seq: 1, clock: 5 })])
    const live = ['b', 'c'].map((name) => {
      const peer = new Peer(name, '', 1, new Map())
      peer.incarnation = 1
      peer.durable.set(batch.stream, 1)
      return peer
    })
    let fetches = 0
    const { taken, holes, store, world } = inbox(live, (peer) => {
      fetches++
      const sender = { cluster: 'c/one', from: peer.name, incarnation: 1, clock: 7, timestamp: NOW }
      const answer = encode({ kind: 'batches', ...sender, lengths: [batch.bytes.byteLength] })
      world.schedule(3, () => taken.fromPeer([answer, batch.bytes]))
    })
    const append = store.append.bind(store)
    store.append = () => 'full'
    holes.notice(batch.stream)
    for (let ms = 0; ms < 2000; ms += 50) {
      world.run(50)
      holes.fill()
    }
    expect(fetches).toBeGreaterThan(5)
    expect(fetches).toBeLessThanOrEqual(8)

    store.append = append
    world.run(300)
    expect(store.held.get(batch.stream)).toBe(1)
  })
})
