import type { Time } from '../ports/index.ts'
import type { Memory, Store } from '../store/index.ts'
import { type ServerEntry, vectorFromObject, vectorToObject } from '../wire/index.ts'
import { Peer } from './peer.ts'

/** Ref's word about who is down holds no longer than this without being said again. */
const WORD_OF_REF_MS = 5000
const REMEMBER_INTERVAL_MS = 1000
/** Whoever says nothing for this share of the heartbeat timeout is late. */
const LATE_SHARE = 1 / 3

export interface PeersOptions {
  readonly self: string
  readonly store: Store
  readonly time: Time
  readonly heartbeatTimeoutMs: number
  /** The peers and their addresses changed: connect the new, disconnect the gone. */
  readonly connectPeers: (addresses: ReadonlyMap<string, string>) => void
  /** Peers that were heard for the first time are on this server's disk now. */
  readonly kept: () => void
}

/** The other servers, as far as this one has heard of them: from its own disk, from ref, from themselves. */
export class Peers {
  readonly #options: PeersOptions
  readonly #peers = new Map<string, Peer>()
  #connected = new Map<string, string>()
  #toldAt = Number.NEGATIVE_INFINITY
  #rememberedAt = Number.NEGATIVE_INFINITY
  #heardChanged = false
  /** The names that are on this server's disk. */
  readonly #kept = new Set<string>()

  constructor(options: PeersOptions) {
    this.#options = options
    const { peers, heard } = options.store.memory
    for (const [name, { address, rank }] of Object.entries(peers)) {
      this.#add(name, address, rank, heard[name])
      this.#kept.add(name)
    }
  }

  all(): Iterable<Peer> {
    return this.#peers.values()
  }

  get(name: string): Peer | undefined {
    return this.#peers.get(name)
  }

  /** A server that speaks is taken up, whoever it is: `cluster` was checked before. */
  heard(name: string, address: string): Peer {
    this.#heardChanged = true
    const peer = this.#peers.get(name) ?? this.#add(name, address, 0)
    if (address !== '') peer.address = address
    if (this.#options.store.memory.peers[name] === undefined) this.#write()
    return peer
  }

  /**
   * Whether the next life of this server will know it too. Only then is it answered, and told that it is counted:
   * without that it accepts nothing, and whoever starts waits for those that it knows before it makes anything final.
   */
  isKept({ name }: Peer): boolean {
    return this.#kept.has(name)
  }

  /** A server that a setting, the voters' list or another server names. */
  know(name: string, address: string): void {
    if (name === this.#options.self || this.#peers.has(name)) return
    this.#add(name, address, 0)
  }

  /** What ref says of the servers. An address counts until the server itself is heard. */
  told(servers: readonly ServerEntry[]): void {
    this.#toldAt = this.#options.time.monotonic()
    for (const { name, address, rank, state } of servers) {
      if (name === this.#options.self) continue
      const peer = this.#peers.get(name) ?? this.#add(name, address, rank)
      if (!this.isLive(peer) && address !== '') peer.address = address
      if (rank > 0) peer.rank = rank
      peer.toldDown = state === 'down' || state === 'removed'
      peer.removed = state === 'removed'
    }
    this.connect()
  }

  /** Heard within the timeout, and not down by ref's last word. */
  isLive(peer: Peer): boolean {
    if (this.#silence(peer) >= this.#options.heartbeatTimeoutMs) return false
    return !(peer.toldDown && this.#options.time.monotonic() - this.#toldAt < WORD_OF_REF_MS)
  }

  live(): Peer[] {
    return [...this.#peers.values()].filter((peer) => this.isLive(peer))
  }

  /** Whether it has been silent for so long that it may have to be reached by a proxy soon. */
  isLate(peer: Peer): boolean {
    return this.#silence(peer) > this.#options.heartbeatTimeoutMs * LATE_SHARE
  }

  /** Whether any is late, and not yet for so long that nothing more follows from it. */
  get anyLate(): boolean {
    const enough = this.#options.heartbeatTimeoutMs * 2
    for (const peer of this.#peers.values())
      if (this.isLate(peer) && this.#silence(peer) < enough) return true
    return false
  }

  /** Those that have caught up, live or not: what they said of their disks holds. */
  risen(): Peer[] {
    return [...this.#peers.values()].filter(
      ({ incarnation, state }) => incarnation > 0 && state !== 'joining',
    )
  }

  /** Those whose promises this server waits for. */
  counted(): Peer[] {
    return this.live().filter((peer) => peer.state !== 'joining')
  }

  /** The names of those and this server's own. */
  namesCounted(): string[] {
    return [this.#options.self, ...this.counted().map(({ name }) => name)]
  }

  /** Tells the adapter whom to be connected to. */
  connect(): void {
    const wanted = new Map<string, string>()
    for (const peer of this.#peers.values()) if (peer.address !== '') wanted.set(peer.name, peer.address)
    const same =
      wanted.size === this.#connected.size &&
      [...wanted].every(([name, at]) => this.#connected.get(name) === at)
    if (same) return
    this.#connected = wanted
    this.#options.connectPeers(wanted)
  }

  /** Keeps on the disk what the others called durable, so that one that lost its disk is known after a restart too. */
  remember(): void {
    const now = this.#options.time.monotonic()
    if (!this.#heardChanged || now - this.#rememberedAt < REMEMBER_INTERVAL_MS) return
    this.#rememberedAt = now
    this.#heardChanged = false
    this.#write()
  }

  #silence({ heardAt }: Peer): number {
    return this.#options.time.monotonic() - heardAt
  }

  #write(): void {
    const peers: Record<string, { address: string; rank: number }> = {}
    const heard: Record<string, Memory['heard'][string]> = {}
    for (const peer of this.#peers.values()) {
      peers[peer.name] = { address: peer.address, rank: peer.rank }
      heard[peer.name] = vectorToObject(peer.everDurable())
    }
    const { memory } = this.#options.store
    if (
      JSON.stringify(memory.heard) === JSON.stringify(heard) &&
      JSON.stringify(memory.peers) === JSON.stringify(peers)
    ) {
      return
    }
    this.#options.store.remember({ peers, heard }, () => this.#onDisk(Object.keys(peers)))
  }

  #onDisk(names: readonly string[]): void {
    const fresh = names.filter((name) => !this.#kept.has(name))
    for (const name of fresh) this.#kept.add(name)
    if (fresh.length > 0) this.#options.kept()
  }

  #add(name: string, address: string, rank: number, former: Memory['heard'][string] = {}): Peer {
    const peer = new Peer(name, address, rank, vectorFromObject(former))
    this.#peers.set(name, peer)
    return peer
  }
}
