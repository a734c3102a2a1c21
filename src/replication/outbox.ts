import type { LamportClock } from '../clocks/index.ts'
import {
  type Batches,
  encode,
  encodeBatches,
  type Fetch,
  type FromServer,
  SERVERS_TOPIC,
  type StreamKey,
} from '../wire/index.ts'
import type { Identity } from './identity.ts'

export interface OutboxOptions {
  readonly identity: Identity
  readonly lamport: LamportClock
  /** Corrected time in ms. */
  readonly now: () => number
  readonly toPeer: (name: string, frames: Uint8Array[]) => boolean
  readonly publishToAll: (topic: string, body: Uint8Array) => void
}

/** Signs and sends this server's messages to its peers, heads apart. */
export class Outbox {
  readonly #options: OutboxOptions

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  signed<Message extends object>(message: Message): Message & FromServer {
    const { identity, lamport, now } = this.#options
    const { cluster, name, incarnation } = identity
    return { ...message, cluster, from: name, incarnation, clock: lamport.next(), timestamp: now() }
  }

  fetch(peer: string, stream: StreamKey, after: number, bytes: number): void {
    const message: Fetch = this.signed({ kind: 'fetch', stream, after, bytes })
    this.#options.toPeer(peer, [encode(message)])
  }

  /** Whether the message was taken. */
  batches(peer: string, batches: readonly Uint8Array[]): boolean {
    const message: Batches = this.signed({ kind: 'batches', lengths: batches.map((each) => each.byteLength) })
    return this.#options.toPeer(peer, [
      encodeBatches(message),
      batches.length === 1 ? (batches[0] as Uint8Array) : Buffer.concat(batches),
    ])
  }

  /** Tells all servers that this one is the coordinator. */
  announce(rank: number): void {
    this.#options.publishToAll(SERVERS_TOPIC, encode(this.signed({ kind: 'coordinator', rank })))
  }

  /** Sends any other message to a peer. */
  send(peer: string, message: object): void {
    this.#options.toPeer(peer, [encode(this.signed(message))])
  }
}
