import type { Time } from '../ports/index.ts'
import { type Batch, encode, REPLICA_TOPIC, SERVERS_TOPIC } from '../wire/index.ts'
import type { Peer } from './peer.ts'

/** A proxy whose last echo is older is taken for dead, until it echoes again. */
const ECHO_TIMEOUT_MS = 1000
/** What was published this long ago must have reached a peer that the proxy reaches. */
const ARRIVAL_MS = 500

export interface DistributionOptions {
  readonly time: Time
  readonly publishTo: (proxy: string, topic: string, body: Uint8Array) => void
  /** Sends batches to one peer, without a proxy. */
  readonly sendTo: (peer: Peer, batches: readonly Uint8Array[]) => void
  readonly peers: () => Iterable<Peer>
  /** Everything that an echo says besides the proxy. */
  readonly echo: (proxy: string) => object
}

/**
 * Brings this server's new batches to the others: on topic `replica` by one proxy that is known to work, directly to
 * peers that it does not reach, and directly to all while no proxy works.
 */
export class Distribution {
  readonly #options: DistributionOptions
  /** When each proxy last gave this server's echo back, monotonic ms; in the order in which proxies are used. */
  readonly #echoedAt = new Map<string, number>()
  readonly #direct = new Set<string>()
  /** What had been published by a proxy when, oldest first. */
  readonly #published: { at: number; seq: number }[] = []

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

  /** How many proxies give the echo back. */
  get working(): number {
    return [...this.#echoedAt.keys()].filter((proxy) => this.#works(proxy)).length
  }

  distribute(batch: Batch): void {
    const proxy = [...this.#echoedAt.keys()].find((each) => this.#works(each))
    if (proxy !== undefined) {
      this.#options.publishTo(proxy, REPLICA_TOPIC, batch.bytes)
      this.#mark(batch.firstSeq + batch.count - 1)
    }
    for (const peer of this.#options.peers()) {
      if (proxy === undefined || this.#direct.has(peer.name)) this.#options.sendTo(peer, [batch.bytes])
    }
  }

  /** Sends an echo through every proxy. */
  sendEchoes(): void {
    for (const proxy of this.#echoedAt.keys()) {
      this.#options.publishTo(proxy, SERVERS_TOPIC, encode(this.#options.echo(proxy)))
    }
  }

  /** This server's own echo came back. */
  echoed(proxy: string): void {
    if (this.#echoedAt.has(proxy)) this.#echoedAt.set(proxy, this.#options.time.monotonic())
  }

  /** A peer told what has reached it by a proxy. */
  reached(peer: Peer): void {
    const due = this.#options.time.monotonic() - ARRIVAL_MS
    while ((this.#published[1]?.at ?? Number.POSITIVE_INFINITY) <= due) this.#published.shift()
    const oldest = this.#published[0]
    if (oldest !== undefined && oldest.at <= due && peer.byProxy < oldest.seq) this.#direct.add(peer.name)
    else this.#direct.delete(peer.name)
  }

  /** One mark in 50 ms is enough to judge by. */
  #mark(seq: number): void {
    const now = this.#options.time.monotonic()
    const last = this.#published.at(-1)
    if (last !== undefined && now - last.at < 50) return
    this.#published.push({ at: now, seq })
    if (this.#published.length > 100) this.#published.shift()
  }

  #works(proxy: string): boolean {
    return this.#options.time.monotonic() - (this.#echoedAt.get(proxy) as number) < ECHO_TIMEOUT_MS
  }
}
