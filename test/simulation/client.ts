import type { Dealer } from '../../src/ports/index.ts'
import {
  channelTopic,
  encode,
  type Publication,
  parsePublications,
  parseReplies,
} from '../../src/wire/index.ts'
import type { Cluster } from './cluster.ts'
import { SimulatedProcess } from './process.ts'

const RETRY_MS = 1500
export const CHANNEL = 'news'

/** One client with one request under way: it asks again with the same id until it is told ok. */
export class SimulatedClient {
  readonly user: string
  /** The ids of its publications that were acknowledged, in the order in which it made them. */
  readonly acknowledged: string[] = []
  /** What it was told that no retry can mend. */
  readonly refused: string[] = []
  readonly received: Publication[] = []
  readonly #process: SimulatedProcess
  readonly #cluster: Cluster
  readonly #dealer: Dealer
  #clock = 0
  #count = 0
  #current: { id: string; service: string; data: object } | undefined
  #sentAt = 0
  #enough = false

  constructor(cluster: Cluster, user: string) {
    this.user = user
    this.#cluster = cluster
    this.#process = new SimulatedProcess(cluster.world, user)
    this.#dealer = cluster.connect(this.#process)
    this.#dealer.receive((frames) => this.#answered(frames.at(-1) as Uint8Array))
    cluster.sockets.subscribe(this.#process, 'proxy', [channelTopic(CHANNEL)], (_topic, body) =>
      this.received.push(...parsePublications(body)),
    )
    this.#process.every(20, () => this.#tick())
  }

  /** Makes no new request; the one under way is brought to its end. */
  finish(): void {
    this.#enough = true
  }

  get done(): boolean {
    return this.#enough && this.#current === undefined
  }

  #tick(): void {
    if (this.#current === undefined) {
      if (this.#enough || this.#cluster.chance.next() > 0.5) return
      this.#count++
      this.#current = { id: `${this.user}-${this.#count}`, ...this.#next() }
      this.#send()
    } else if (this.#process.monotonic() - this.#sentAt > RETRY_MS) this.#send()
  }

  #next(): { service: string; data: object } {
    if (this.#count === 1) return { service: 'login', data: { user: this.user } }
    if (this.#count === 2) return { service: 'channel', data: { user: this.user, channel: CHANNEL } }
    const message = `${this.#count} of ${this.user}`
    return { service: 'publish', data: { user: this.user, channel: CHANNEL, message } }
  }

  #send(): void {
    if (this.#current === undefined) return
    this.#clock++
    this.#sentAt = this.#process.monotonic()
    const timestamp = Math.floor(this.#process.wall())
    this.#dealer.send([new Uint8Array(), encode({ ...this.#current, clock: this.#clock, timestamp })])
  }

  #answered(body: Uint8Array): void {
    for (const reply of parseReplies(body)) {
      this.#clock = Math.max(this.#clock, reply.clock) + 1
      if (reply.id !== this.#current?.id) continue
      if (reply.data.status === 'ok') {
        if (this.#current.service === 'publish') this.acknowledged.push(reply.id)
        this.#current = undefined
      } else if (!reply.data.retryable) {
        this.refused.push(`${this.#current.service} ${reply.id}: ${reply.data.code} ${reply.data.message}`)
        this.#current = undefined
      }
    }
  }
}
