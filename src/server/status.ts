import type { LamportClock } from '../clocks/index.ts'
import type { Identity, Replica } from '../replication/index.ts'
import type { Store } from '../store/index.ts'
import type { ReadonlyVector } from '../wire/index.ts'

export interface StatusOptions {
  readonly identity: Identity
  readonly store: Store
  readonly lamport: LamportClock
  /** Corrected time in ms. */
  readonly now: () => number
  /** What is told beside the rest: clocks and their offsets. */
  readonly clockStatus: () => Readonly<Record<string, unknown>>
}

/** What the service `status` answers. */
export function statusOf(
  replica: Replica,
  options: StatusOptions,
  unready: string | undefined,
): Readonly<Record<string, unknown>> {
  const { store, identity, lamport, now } = options
  const count = (vector: ReadonlyVector): number => [...vector.values()].reduce((sum, seq) => sum + seq, 0)
  const held = count(store.durable)
  return {
    name: identity.name,
    cluster: identity.cluster,
    incarnation: identity.incarnation,
    rank: replica.condition.rank,
    state: replica.condition.state,
    ready: unready === undefined,
    ...(unready === undefined ? {} : { reason: unready }),
    coordinator: replica.coordinator,
    epoch: replica.voting.epoch,
    voters: replica.voting.names,
    members: [...replica.peers.all()].map((peer) => ({
      name: peer.name,
      rank: peer.rank,
      state: peer.state,
      address: peer.address,
      live: replica.peers.isLive(peer),
      durable: count(peer.durable),
      lag: Math.max(0, held - count(peer.durable)),
      promise: peer.promises.usable,
    })),
    clock: lamport.now,
    time: now(),
    ...options.clockStatus(),
    durable: held,
    vector: Object.fromEntries(store.durable),
    committed: count(replica.quorum.committed),
    stable: store.finalClock,
    files: store.fileSizes(),
    filesCurrent: store.filesCurrent,
  }
}
