import { expect, it } from 'vitest'
import { LamportClock } from '../../src/clocks/index.ts'
import { Holes } from '../../src/replication/holes.ts'
import { Inbox } from '../../src/replication/inbox.ts'
import { Outbox } from '../../src/replication/outbox.ts'
import type { Peer } from '../../src/replication/peer.ts'
import { Peers } from '../../src/replication/peers.ts'
import { Voting } from '../../src/replication/voting.ts'
import { RecadoError } from '../../src/wire/index.ts'
import { Mutator, WAYS } from '../hostile/mutation.ts'
import { OWN_CLUSTER, SAMPLES } from '../hostile/samples.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { openTestStore } from '../support/store.ts'
import { seededChance } from '../support/virtual-time.ts'

const NOW = 1_800_000_000_000
const MESSAGES = 6000

/** The inbox of a server, its clock, and faults that it took for refusals. */
function server() {
  const { store, world } = openTestStore()
  const time = world.process()
  const lamport = new LamportClock()
  const faults: unknown[] = []
  const debug = (fields: object): void => {
    if ('err' in fields && !(fields.err instanceof RecadoError)) faults.push(fields.err)
  }
  const nothing = (): void => {}
  const parts = {
    identity: { cluster: OWN_CLUSTER, name: 'server-1', address: '', incarnation: 1 },
    self: 'server-1',
    store,
    lamport,
    time,
    timers: time,
    log: { ...quietLog, debug },
    metrics: quietMetrics,
    now: () => NOW,
    chance: seededChance(1),
    heartbeatTimeoutMs: 3000,
    live: (): Peer[] => peers.live(),
    hurried: () => false,
    fetch: nothing,
    toPeer: () => true,
    publishToAll: nothing,
    connectPeers: nothing,
    kept: nothing,
    echoed: nothing,
    headTaken: (_peer: Peer, streams: readonly string[]): void => {
      for (const stream of streams) holes.notice(stream)
    },
    owed: nothing,
    adopt: nothing,
    superseded: nothing,
  }
  const peers: Peers = new Peers(parts)
  const holes: Holes = new Holes(parts)
  const outbox = new Outbox(parts)
  const voting = new Voting({ epoch: 1, names: ['server-1', 'server-2'] })
  return { inbox: new Inbox({ ...parts, holes, outbox, peers, voting }), lamport, world, faults }
}

it('an inbox refuses what is malformed, and takes forgeries that are odd, without a fault of its own', () => {
  const { inbox, lamport, world, faults } = server()
  const mutator = new Mutator(seededChance(1))
  for (let number = 0; number < MESSAGES; number++) {
    // Without the other cluster's name that the same get over the wire: here nobody is harmed.
    const kind = mutator.of(['peers', 'peers', 'publishers'] as const)
    const frames = mutator.message(mutator.of(SAMPLES[kind]).parts, mutator.of(WAYS))
    if (kind === 'peers') inbox.fromPeer(frames)
    else inbox.fromTopic(String(frames[0]), frames[1] ?? new Uint8Array())
    if (number % 50 === 0) world.run(20)
  }
  world.run(20_000)

  expect(faults).toEqual([])
  expect(lamport.now).toBeGreaterThan(0)
  expect(lamport.now).toBeLessThanOrEqual(NOW * 1000)
})
