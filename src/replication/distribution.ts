import type { Time } from '../ports/index.ts'
import { type Batch, encode, REPLICA_TOPIC, SERVERS_TOPIC, type StreamKey } from '../wire/index.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import { Way } from './way.ts'

/** A proxy whose last echo is older is taken for dead, until it echoes again. */
const ECHO_TIMEOUT_MS = 3000
const ECHO_INTERVAL_MS = 1000

export interface DistributionOptions {
  readonly time: Time
  readonly publishTo: (proxy: string, topic: string, body: Uint8Array) => void
  /** Sends batches to one peer, without a proxy; whether they were taken. */
  readonly sendTo: (peer: Peer, batches: readonly Uint8Array[]) => boolean
  readonly peers: Pick<Peers, 'all' | 'isLive' | 'isLate'>
  readonly ownStream: () => StreamKey
  /** What says on topic `replica` whose a batch is. */
  readonly shared: (batch: Batch) => object
  /** Everything that an echo says besides the proxy. */
  readonly echo: (proxy: string) => object
}

/**
 * Brings this server's new batches to the others: directly to each that is heard, and on topic `replica` by one proxy
 * that is known to work while one of them is not reached so. What reaches a peer by neither it finds missing and fetches.
 */
export class Distribution {
  readonly #options: DistributionOptions
  readonly #ways = new Map<string, Way>()
  /** When each proxy last gave this server's echo back, monotonic ms; in the order in which proxies are used. */
  readonly #echoedAt = new Map<string, number>()
  #echoesAt = Number.NEGATIVE_INFINITY

  constructor(options: DistributionOptions) {
    this.#options = options
  }

  /** These are the proxies now. */
  setProxies(proxies: readonly string[]): void {
    for (const known of this.#echoedAt.keys()) if (!proxies.includes(known)) this.#echoedAt.delete(known)
    for (const proxy of proxies) {
      if (!this.#echoedAt.has(proxy)) this.#echoedAt.set(proxy, Number.NEGATIVE_INFINITY)
    }
  }

  distribute(batch: Batch): void {
    const { time, peers, publishTo } = this.#options
    const now = time.monotonic()
    this.#echo(now)
    let reached = true
    for (const peer of peers.all()) reached = this.#send(peer, batch, now) && reached
    const proxy = reached ? undefined : [...this.#echoedAt.keys()].find((each) => this.#works(each))
    if (proxy !== undefined) publishTo(proxy, REPLICA_TOPIC, encode(this.#options.shared(batch)))
  }

  /**
   * To be called often: sends echoes while a proxy may soon be needed. They go out with batches too, long before it can
   * be known that one does not arrive; of proxies that nobody needs nothing need be known.
   */
  sendEchoes(): void {
    const { time, peers } = this.#options
    const now = time.monotonic()
    for (const peer of peers.all()) {
      if (peer.removed) continue
      if (peers.isLate(peer) || this.#ways.get(peer.name)?.late(now) === true) return this.#echo(now)
    }
  }

  /** Sends an echo through every proxy when it is due. */
  #echo(now: number): void {
    if (now - this.#echoesAt < ECHO_INTERVAL_MS) return
    this.#echoesAt = now
    for (const proxy of this.#echoedAt.keys()) {
      this.#options.publishTo(proxy, SERVERS_TOPIC, encode(this.#options.echo(proxy)))
    }
  }

  /** This server's own echo came back. */
  echoed(proxy: string): void {
    if (this.#echoedAt.has(proxy)) this.#echoedAt.set(proxy, this.#options.time.monotonic())
  }

  /** A peer told what it has on its disk. */
  confirmed(peer: Peer): void {
    this.#ways.get(peer.name)?.confirm(peer, peer.durableIn(this.#options.ownStream()))
  }

  /**
   * Whether the peer gets what it is sent, as far as is known, or is taken off and needs nothing. One that is only slow is
   * not sent more than it can take.
   */
  #send(peer: Peer, batch: Batch, now: number): boolean {
    if (!this.#options.peers.isLive(peer)) return peer.removed
    let way = this.#ways.get(peer.name)
    if (way === undefined) {
      way = new Way()
      this.#ways.set(peer.name, way)
    }
    if (!way.open) return true
    const late = way.late(now)
    way.add(batch.lastSeq, batch.bytes.byteLength, now)
    return this.#options.sendTo(peer, [batch.bytes]) && !late
  }

  #works(proxy: string): boolean {
    return this.#options.time.monotonic() - (this.#echoedAt.get(proxy) as number) < ECHO_TIMEOUT_MS
  }
}
