import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../src/adapters/metrics.ts'
import { LamportClock } from '../../../src/clocks/index.ts'
import { Holes } from '../../../src/replication/holes.ts'
import { Inbox } from '../../../src/replication/inbox.ts'
import { Outbox } from '../../../src/replication/outbox.ts'
import { Peers } from '../../../src/replication/peers.ts'
import { Voting } from '../../../src/replication/voting.ts'
import { encode, REPLICA_TOPIC } from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { quietLog } from '../../support/quiet.ts'
import { openTestStore } from '../../support/store.ts'
import { seededChance } from '../../support/virtual-time.ts'

const NOW = 1_800_000_000_000
const LIMIT = NOW * 1000

/** The inbox of server `a`, and what it refused. */
function inbox() {
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
    live: () => [],
    hurried: () => false,
    fetch: nothing,
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
  const taken = new Inbox({ ...parts, holes: new Holes(parts), outbox: new Outbox(parts), peers, voting })
  const refused = async (): Promise<number> =>
    Number(/^recado_replication_refused_messages_total (\d+)$/m.exec(await registry.text())?.[1] ?? 0)
  return { taken, store, lamport, refused }
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

  it('refuses and counts what drives its clock beyond 1,000 times the time in ms', async () => {
    const { taken, store, lamport, refused } = inbox()
    taken.fromTopic(REPLICA_TOPIC, shared({ clock: LIMIT + 1 }))
    taken.fromTopic(REPLICA_TOPIC, shared({}, LIMIT + 1))
    const sender = { cluster: 'c/one', from: 'b', incarnation: 1, clock: LIMIT + 1, timestamp: NOW }
    taken.fromPeer([encode({ kind: 'fetch', ...sender, stream: 'a/1', after: 0, bytes: 1 })])

    expect(store.held.size).toBe(0)
    expect(lamport.now).toBeLessThan(LIMIT)
    expect(await refused()).toBe(3)
  })
})
