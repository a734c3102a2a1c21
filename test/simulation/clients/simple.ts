import type { Chance, Dealer } from '../../../src/ports/index.ts'
import {
  channelTopic,
  encode,
  type Kind,
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
  /** Of what it says: the share that it says so many at once of, each in a body of its own. */
  readonly bursts: number
}

/** So many at once are taken for bulk by a broker. */
const [BURST_MIN, BURST_MAX] = [20, 40]

interface Asked {
  readonly wish: Wish
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * A client of a page, with one request under way, or a burst of them: it asks again with the same ids until it is told ok. Its
 * ids count from 1, like every other one's: only together with the user are they unique.
 */
export class SimpleClient extends Party {
  /** Publications that were acknowledged. */
  acknowledged = 0
  heard = 0
  readonly #habits: Habits
  #dealers: Dealer[] = []
  #clock = 0
  #count = 0
  /** What is under way, by its id. */
  readonly #current = new Map<string, Asked>()
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
    return this.#current.size === 0 && this.#hasSaidLast
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
    if (this.#says('publish') && chance.next() < 0.5) this.#current.clear()
    process.every(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    const now = this.process.monotonic()
    if (this.#current.size === 0) {
      if (this.enough ? this.#hasSaidLast : now < this.#nextAt) return
      this.#begin()
      this.#send()
      if (this.chance.next() < this.#habits.twice) this.#send((this.#dealer + 1) % this.#dealers.length)
    } else if (now - this.#sentAt > this.#habits.retryMs) {
      if (!this.enough && this.#says('publish', 'message') && this.chance.next() < this.#habits.givesUp)
        return this.#giveUp()
      if (this.chance.next() < 0.5) this.#dealer = (this.#dealer + 1) % this.#dealers.length
      this.#send()
    }
  }

  #begin(): void {
    if (this.#count === 0) return this.#want('login', '', 'quorum', {})
    if (this.#count === 1) return this.#want('channel', CHANNEL, 'quorum', { channel: CHANNEL })
    const { bursts } = this.#habits
    const isBurst = bursts > 0 && !this.enough && this.chance.next() < bursts
    const count = isBurst ? Math.round(BURST_MIN + this.chance.next() * (BURST_MAX - BURST_MIN)) : 1
    for (let i = 0; i < count; i++) this.#say()
  }

  /** One publication, or a message to somebody. */
  #say(): void {
    const dice = this.chance.next()
    const level: Level =
      dice < this.#habits.levels ? (dice < this.#habits.levels / 2 ? 'one' : 'all') : 'quorum'
    const message = `${this.#count + 1} of ${this.user}`
    const others = this.cluster.witness.known
    const to = this.chance.next() < 0.15 ? others[Math.floor(this.chance.next() * others.length)] : undefined
    const acks = level === 'quorum' ? {} : { acks: level }
    if (to === undefined) this.#want('publish', CHANNEL, level, { channel: CHANNEL, message, ...acks })
    else this.#want('message', to, level, { to, message, ...acks })
  }

  #want(kind: Kind, target: string, level: Level, data: object): void {
    this.#count++
    const id = String(this.#count)
    const { user } = this
    const sentAt = this.cluster.world.now
    const said = 'message' in data ? { message: String(data.message) } : {}
    const wish: Wish = { session: user, user, id, kind, target, level, ...said, sentAt, sent: 0 }
    this.cluster.witness.wished(wish)
    this.#current.set(id, { wish, body: { service: kind, id, data: { user, ...data } } })
  }

  #says(...kinds: Kind[]): boolean {
    return [...this.#current.values()].some(({ wish }) => kinds.includes(wish.kind))
  }

  #send(dealer = this.#dealer): void {
    if (this.#current.size === 0) return
    this.#sentAt = this.process.monotonic()
    const timestamp = Math.floor(this.process.wall())
    for (const { body, wish } of this.#current.values()) {
      this.#clock++
      wish.sent = (wish.sent ?? 0) + 1
      this.#dealers[dealer]?.send([new Uint8Array(), encode({ ...body, clock: this.#clock, timestamp })])
    }
  }

  #answered(body: Uint8Array): void {
    for (const reply of parseReplies(body)) {
      this.#clock = Math.max(this.#clock, reply.clock) + 1
      const asked = this.#current.get(reply.id)
      if (asked !== undefined) this.#take(asked.wish, reply)
    }
  }

  #take(wish: Wish, { id, data }: Reply): void {
    const { witness } = this.cluster
    if (data.status === 'ok') {
      if (wish.kind === 'publish') this.acknowledged++
      if (wish.kind !== 'login' && wish.kind !== 'channel' && wish.sentAt >= this.#finishedAt)
        this.#hasSaidLast = true
      witness.acknowledged(this.user, id, data['operation'] as Wish['operation'])
      this.#end(id)
    } else if (!data.retryable) {
      if (!this.isHidden(data.code, wish.sentAt, wish.target))
        witness.find(`${this.user} was refused ${wish.kind} ${id}: ${data.code} ${data.message}`)
      this.#end(id)
    }
  }

  #end(id: string): void {
    this.#current.delete(id)
    if (this.#current.size === 0) this.#pause()
  }

  #giveUp(): void {
    this.#current.clear()
    this.#pause()
  }

  #pause(): void {
    this.#nextAt = this.process.monotonic() + this.chance.next() * this.#habits.pauseMs
  }
}
