import type { LamportClock } from '../clocks/index.ts'
import type { Log, Metrics, Time } from '../ports/index.ts'
import type { Store } from '../store/index.ts'
import {
  type Batch,
  type Batches,
  checkProcessClock,
  decodeBatch,
  type Fetch,
  type Head,
  type PeerMessage,
  parsePeerMessage,
  REPLICA_TOPIC,
  type ReadonlyVector,
  type StreamKey,
  type Voters,
  vectorFromObject,
} from '../wire/index.ts'
import type { Holes } from './holes.ts'
import type { Identity } from './identity.ts'
import type { Outbox } from './outbox.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Voting } from './voting.ts'

/** Bytes of batches that one answer to `fetch` holds at most, whatever was asked for. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

export interface InboxOptions {
  readonly identity: Identity
  readonly store: Store
  readonly lamport: LamportClock
  /** Corrected time in ms. */
  readonly now: () => number
  readonly time: Time
  readonly log: Log
  readonly metrics: Metrics
  readonly holes: Holes
  readonly outbox: Outbox
  readonly peers: Peers
  readonly voting: Voting
  readonly echoed: (proxy: string) => void
  readonly headTaken: (peer: Peer, streams: readonly StreamKey[]) => void
  /** A peer heard former lives of this server call these durable, and this one not yet. */
  readonly owed: (peer: Peer, owed: ReadonlyVector) => void
  readonly adopt: (voters: Voters) => void
  readonly superseded: (incarnation: number) => void
}

/** Takes in what other servers say, on the peers' socket and on the proxies' topics. */
export class Inbox {
  readonly #options: InboxOptions
  /** Messages about the time, which the clocks' part of the server takes. */
  onTime: (message: Extract<PeerMessage, { kind: `time-${string}` }>) => void = () => {}

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** A message on the peers' socket. What is malformed or another cluster's is counted and dropped. */
  fromPeer(frames: readonly Uint8Array[]): void {
    this.#guard(() => {
      const message = parsePeerMessage(frames[0] ?? new Uint8Array())
      if (!this.#admits(message)) return
      switch (message.kind) {
        case 'head':
          return this.#head(message)
        case 'fetch':
          return this.#fetch(message)
        case 'batches':
          return this.#batches(message, frames[1] ?? new Uint8Array())
        case 'time-poll':
        case 'time-answer':
        case 'time-correction':
          return this.onTime(message)
      }
    })
  }

  /** A message on topic `replica` or `servers`. */
  fromTopic(topic: string, body: Uint8Array): void {
    this.#guard(() => {
      const message = parsePeerMessage(body)
      if (topic === REPLICA_TOPIC) return this.#shared(message)
      if (message.kind === 'echo' && message.from === this.#options.identity.name) {
        if (message.incarnation === this.#options.identity.incarnation) this.#options.echoed(message.proxy)
        return
      }
      if (this.#admits(message) && message.kind === 'coordinator') {
        this.#options.log.debug(
          { coordinator: message.from, rank: message.rank },
          'A coordinator announced itself',
        )
      }
    })
  }

  /** A server's own batch, which comes back to it too. */
  #shared(message: PeerMessage): void {
    if (message.kind !== 'batch' || message.from === this.#options.identity.name) return
    if (this.#admits(message)) this.#take(decodeBatch(message.batch))
  }

  #guard(handle: () => void): void {
    try {
      handle()
    } catch (error) {
      this.#options.metrics.add('recado_replication_refused_messages_total')
      this.#options.log.debug({ err: error }, 'Refused a message of a peer')
    }
  }

  /** Whether the sender may be listened to; its clock is taken either way if it is of this cluster. */
  #admits(message: PeerMessage): boolean {
    const { identity, metrics, peers } = this.#options
    if (message.cluster !== identity.cluster) {
      metrics.add('recado_replication_refused_messages_total')
      return false
    }
    this.#receiveClock(message.clock)
    if (message.from === identity.name) {
      this.#options.superseded(message.incarnation)
      return false
    }
    return message.incarnation >= (peers.get(message.from)?.incarnation ?? 0)
  }

  /** @throws RecadoError `bad_request` when no server can have counted so far, nor taken it of a client */
  #receiveClock(clock: number): void {
    const { lamport, now } = this.#options
    checkProcessClock(clock, lamport.now, now())
    lamport.receive(clock)
  }

  #head(head: Head): void {
    const { peers, time, store, voting, identity } = this.#options
    if (head.whole !== undefined) {
      const mine = head.whole.heard[identity.name] ?? 0
      if (mine > identity.incarnation) this.#options.superseded(mine)
    }
    if (head.epoch > voting.epoch) {
      // Nothing that names a higher epoch is used before that list is on this disk.
      if (head.whole !== undefined) this.#options.adopt(head.whole.voters)
      peers.heard(head.from, head.whole?.address ?? '').heardAt = time.monotonic()
      peers.connect()
      return
    }
    const peer = peers.heard(head.from, head.whole?.address ?? '')
    if (!peer.receive(head, time.monotonic(), store.durable, identity)) return
    if (head.whole !== undefined) {
      this.#options.owed(peer, vectorFromObject(head.whole.owed))
      for (const [name, incarnation] of Object.entries(head.whole.heard)) {
        if (incarnation > 0) peers.know(name, '')
      }
      peers.connect()
    }
    this.#options.headTaken(peer, Object.keys(head.durable))
  }

  #fetch(message: Fetch): void {
    const { store, outbox } = this.#options
    const bytes = Math.min(message.bytes, ANSWER_BYTES_MAX)
    outbox.batches(message.from, store.batches(message.stream, message.after, bytes))
  }

  #batches(message: Batches, body: Uint8Array): void {
    const taken: Batch[] = []
    let start = 0
    for (const length of message.lengths) {
      const batch = decodeBatch(body.subarray(start, start + length))
      start += length
      this.#take(batch)
      taken.push(batch)
    }
    this.#options.holes.answered(message.from, taken)
  }

  #take(batch: Batch): void {
    const { store, holes, lamport, identity } = this.#options
    if (batch.origin === identity.name && batch.incarnation >= identity.incarnation) {
      this.#options.superseded(batch.incarnation)
      return
    }
    for (let next: Batch | undefined = batch; next !== undefined; next = holes.takeNext(batch.stream)) {
      const before = lamport.now
      this.#receiveClock(next.lastClock)
      this.#options.log.trace(
        {
          stream: next.stream,
          first_seq: next.firstSeq,
          operations: next.count,
          clock_before: before,
          clock: lamport.now,
        },
        'Received operations',
      )
      const outcome = store.append(next)
      if (outcome === 'gap') holes.keep(next)
      if (outcome === 'full') return holes.full()
    }
  }
}
