import type { LamportClock } from '../clocks/index.ts'
import type { Log, Timers } from '../ports/index.ts'
import type { Store } from '../store/index.ts'
import {
  encodeHead,
  type Head,
  join,
  type ReadonlyVector,
  streamKey,
  vectorToObject,
  type WholeHead,
} from '../wire/index.ts'
import type { Condition, Identity } from './identity.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Voting } from './voting.ts'

export interface HeadsOptions {
  readonly identity: Identity
  readonly condition: Condition
  /** Whether this disk holds all that it ever called durable, as far as is known. */
  readonly intact: () => boolean
  readonly store: Store
  readonly lamport: LamportClock
  readonly voting: Voting
  readonly log: Log
  readonly timers: Timers
  readonly peers: Pick<Peers, 'all' | 'counted' | 'isKept'>
  readonly coordinator: () => string
  /** The number of the latest question to the peers. */
  readonly question: () => number
  /** Whether this server makes nothing final now, and asks again before it does; a peer is told so. */
  readonly alone: () => boolean
  /** Corrected time in ms. */
  readonly now: () => number
  /** The lowest clock of an operation accepted here that is not yet in the store, undefined if there is none. */
  readonly pendingClock: () => number | undefined
  readonly send: (peer: string, frames: Uint8Array[]) => boolean
}

/** How long those who do not wait for it may be left untold of what is on this disk. */
const UNTOLD_MS = 25

/** Says to the peers what this server holds and promises. */
export class Heads {
  readonly #options: HeadsOptions
  #scheduled = false

  constructor(options: HeadsOptions) {
    this.#options = options
  }

  /** What a flush has put on the disk: told at once to those whose own it is, for they wait for it, and soon to the rest. */
  sendChanges(changes: ReadonlyVector): void {
    for (const peer of this.#options.peers.all()) {
      join(peer.untold, changes)
      if (changes.has(streamKey(peer.name, peer.incarnation))) this.#sendUntold(peer)
    }
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.after(UNTOLD_MS, () => {
      this.#scheduled = false
      for (const peer of this.#options.peers.all()) if (peer.untold.size > 0) this.#sendUntold(peer)
    })
  }

  sendWholeToAll(): void {
    for (const peer of this.#options.peers.all()) this.sendWhole(peer)
  }

  sendWhole(peer: Peer): void {
    peer.untold.clear()
    if (this.#options.peers.isKept(peer)) peer.answered = peer.asks
    peer.toldCounted = this.#counted().includes(peer) ? peer.incarnation : 0
    this.#send(peer, vectorToObject(this.#options.store.durable), this.#whole(peer))
  }

  /**
   * The clock at or below which this server will accept nothing more, and all it holds is flushed. What is not yet
   * flushed holds the promise back, for a peer must be able to fetch from this disk what the promise stands for.
   */
  promise(clock: number): number {
    const { condition, store, pendingClock } = this.#options
    if (condition.state === 'joining') return 0
    return Math.min(clock, (store.lowestUnflushedClock ?? Infinity) - 1, (pendingClock() ?? Infinity) - 1)
  }

  #sendUntold(peer: Peer): void {
    const changes = vectorToObject(peer.untold)
    peer.untold.clear()
    this.#send(peer, changes)
  }

  #send(peer: Peer, durable: Readonly<Record<string, number>>, whole?: WholeHead): void {
    const { identity, condition, lamport, voting, now, send } = this.#options
    const clock = lamport.next()
    const head: Head = {
      kind: 'head',
      cluster: identity.cluster,
      from: identity.name,
      incarnation: identity.incarnation,
      clock,
      timestamp: now(),
      number: peer.headsSent + 1,
      epoch: voting.epoch,
      state: condition.state,
      promise: this.promise(clock),
      durable,
      ...(whole === undefined ? {} : { whole }),
    }
    if (send(peer.name, [encodeHead(head)])) peer.headsSent++
    else peer.headsSent += 2 // A head that could not be sent leaves a hole that the peer must see.
  }

  /** Those that are told so; not who is not on this disk yet. */
  #counted(): readonly Peer[] {
    const { peers } = this.#options
    return peers.counted().filter((peer) => peers.isKept(peer))
  }

  #whole(peer: Peer): WholeHead {
    const { identity, condition, intact, voting, peers, coordinator, question, alone } = this.#options
    return {
      address: identity.address,
      rank: condition.rank,
      intact: intact(),
      coordinator: coordinator(),
      voters: voting.voters,
      heard: Object.fromEntries([...peers.all()].map((each) => [each.name, each.incarnation])),
      counted: Object.fromEntries(this.#counted().map((each) => [each.name, each.incarnation])),
      answers: peers.isKept(peer) ? peer.asks : 0,
      asks: question(),
      alone: alone(),
      owed: vectorToObject(peer.owed()),
    }
  }
}
