import type { Chance, Dealer } from '../../../src/ports/index.ts'
import {
  channelTopic,
  encode,
  parsePublications,
  parseReplies,
  type Reply,
  userTopic,
} from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { Level, Wish } from '../witness.ts'
import { CHANNEL, Party } from './party.ts'

/** How often it looks whether there is something to do, in ms. */
const TICK_MS = 25

interface Habits {
  /** Pauses between its requests, in ms at most. */
  readonly pauseMs: number
  /** After how long it asks again. */
  readonly retryMs: number
  /** Shares: of requests at another level, sent by two connections at once, given up rather than asked again. */
  readonly levels: number
  readonly twice: number
  readonly givesUp: number
}

/**
 * A client of a page, with one request under way: it asks again with the same id until it is told ok. Its ids count
 * from 1, like every other one's: only together with the user are they unique.
 */
export class SimpleClient extends Party {
  /** Publications that were acknowledged. */
  acknowledged = 0
  heard = 0
  readonly #habits: Habits
  #dealers: Dealer[] = []
  #clock = 0
  #count = 0
  #current: { wish: Wish; body: Readonly<Record<string, unknown>> } | undefined
  #dealer = 0
  #sentAt = 0
  #nextAt = 0
  /** Whether something that it said after all faults had ended was acknowledged. */
  #hasSaidLast = false
  #finishedAt = Number.POSITIVE_INFINITY

  constructor(cluster: Cluster, user: string, chance: Chance, habits: Habits) {
    super(cluster, user, chance, { promising: false })
    this.#habits = habits
  }

  get done(): boolean {
    return this.#current === undefined && this.#hasSaidLast
  }

  override finish(): void {
    super.finish()
    this.#finishedAt = this.cluster.world.now
  }

  conclude(): void {
    // It reads no history.
  }

  get concluded(): boolean {
    return true
  }

  protected run(): void {
    const { cluster, process, chance } = this
    const { brokers, proxies } = cluster
    this.#dealers = Array.from({ length: Math.max(2, brokers.length) }, (_, i) => {
      const dealer = cluster.connect(process, i)
      dealer.receive((frames) => this.#answered(frames.at(-1) as Uint8Array))
      return dealer
    })
    const proxy = proxies[Math.floor(chance.next() * proxies.length)]
    const subscriber = `${this.name}/${process.life}`
    if (proxy !== undefined) {
      const topics = [channelTopic(CHANNEL), userTopic(this.user)]
      cluster.sockets.subscribe(process, proxy.process, topics, (_topic, body) => {
        this.heard++
        cluster.witness.live(subscriber, parsePublications(body))
      })
    }
    // What it had asked for when it died, it asks for again or has forgotten.
    if (this.#current?.wish.kind === 'publish' && chance.next() < 0.5) this.#current = undefined
    process.every(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    const now = this.process.monotonic()
    if (this.#current === undefined) {
      if (this.enough ? this.#hasSaidLast : now < this.#nextAt) return
      this.#begin()
      this.#send()
      if (this.chance.next() < this.#habits.twice) this.#send((this.#dealer + 1) % this.#dealers.length)
    } else if (now - this.#sentAt > this.#habits.retryMs) {
      const { wish } = this.#current
      if (!this.enough && isSaid(wish) && this.chance.next() < this.#habits.givesUp) return this.#end()
      if (this.chance.next() < 0.5) this.#dealer = (this.#dealer + 1) % this.#dealers.length
      this.#send()
    }
  }

  #begin(): void {
    this.#count++
    const id = String(this.#count)
    const { user } = this
    const sentAt = this.cluster.world.now
    if (this.#count === 1)
      return this.#want({ session: user, user, id, kind: 'login', target: '', level: 'quorum', sentAt }, {})
    if (this.#count === 2) {
      const wish: Wish = {
        session: user,
        user,
        id,
        kind: 'channel',
        target: CHANNEL,
        level: 'quorum',
        sentAt,
      }
      return this.#want(wish, { channel: CHANNEL })
    }
    const dice = this.chance.next()
    const level: Level =
      dice < this.#habits.levels ? (dice < this.#habits.levels / 2 ? 'one' : 'all') : 'quorum'
    const message = `${id} of ${user}`
    const others = this.cluster.witness.known
    const to = this.chance.next() < 0.15 ? others[Math.floor(this.chance.next() * others.length)] : undefined
    const acks = level === 'quorum' ? {} : { acks: level }
    if (to === undefined) {
      const wish: Wish = { session: user, user, id, kind: 'publish', target: CHANNEL, level, sentAt }
      this.#want(wish, { channel: CHANNEL, message, ...acks })
    } else {
      this.#want(
        { session: user, user, id, kind: 'message', target: to, level, sentAt },
        { to, message, ...acks },
      )
    }
  }

  #want(wish: Wish, data: object): void {
    this.cluster.witness.wished(wish)
    this.#current = { wish, body: { service: wish.kind, id: wish.id, data: { user: wish.user, ...data } } }
  }

  #send(dealer = this.#dealer): void {
    if (this.#current === undefined) return
    this.#clock++
    this.#sentAt = this.process.monotonic()
    const timestamp = Math.floor(this.process.wall())
    this.#dealers[dealer]?.send([
      new Uint8Array(),
      encode({ ...this.#current.body, clock: this.#clock, timestamp }),
    ])
  }

  #answered(body: Uint8Array): void {
    for (const reply of parseReplies(body)) {
      this.#clock = Math.max(this.#clock, reply.clock) + 1
      if (this.#current !== undefined && reply.id === this.#current.wish.id)
        this.#take(this.#current.wish, reply)
    }
  }

  #take(wish: Wish, { id, data }: Reply): void {
    const { witness } = this.cluster
    if (data.status === 'ok') {
      if (wish.kind === 'publish') this.acknowledged++
      if (isSaid(wish) && wish.sentAt >= this.#finishedAt) this.#hasSaidLast = true
      witness.acknowledged(this.user, id, data['operation'] as Wish['operation'])
      this.#end()
    } else if (!data.retryable) {
      if (data.code !== 'unknown_channel' || !this.isChannelHidden(wish.sentAt))
        witness.find(`${this.user} was refused ${wish.kind} ${id}: ${data.code} ${data.message}`)
      this.#end()
    }
  }

  #end(): void {
    this.#current = undefined
    this.#nextAt = this.process.monotonic() + this.chance.next() * this.#habits.pauseMs
  }
}

function isSaid({ kind }: Wish): boolean {
  return kind === 'publish' || kind === 'message'
}
