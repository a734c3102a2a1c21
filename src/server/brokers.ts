import type { Log, Time, Timers } from '../ports/index.ts'
import type { Identity } from '../replication/index.ts'
import {
  type BackendHead,
  type Beat,
  encodeBackendHead,
  parseBackendHead,
  type Requests,
  splitBodies,
} from '../wire/index.ts'

const BEAT_MS = 500
/** Looks are up to 500 ms apart: a beat goes out half of that early rather than late. */
const EARLY_MS = 250
/** A registration is answered within this; a beat that names another one then means that it was lost. */
const REGISTER_PATIENCE_MS = 1000
/** Bodies that a broker may have here unanswered. */
const CREDIT = 4096
/** Replies in one message. */
const REPLIES_MAX = 256
const REPLIES_BYTES_MAX = 1024 * 1024

interface Link {
  session: number
  registered: boolean
  /** Monotonic ms. */
  registeredAt: number
  beatAt: number
  tags: number[]
  bodies: Uint8Array[]
  bytes: number
}

export interface BrokersOptions {
  readonly identity: Identity
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  /** Whether this server takes requests now. */
  readonly accepting: () => boolean
  readonly toBroker: (broker: string, frames: Uint8Array[]) => boolean
  /** A body for this server; `connection` is the same for all of one client's connection. */
  readonly request: (connection: string, body: Uint8Array, answer: (reply: Uint8Array) => void) => void
}

/** This server's side of its links to the brokers: registration, beats, requests in, replies out in batches. */
export class Brokers {
  readonly #options: BrokersOptions
  readonly #links = new Map<string, Link>()
  #session = 0
  #scheduled = false

  constructor(options: BrokersOptions) {
    this.#options = options
  }

  /** How many brokers have this server registered, as far as it knows. */
  get registered(): number {
    return [...this.#links.values()].filter((link) => link.registered).length
  }

  /** These are the brokers now, by address. */
  set(addresses: readonly string[]): void {
    for (const known of this.#links.keys()) if (!addresses.includes(known)) this.#links.delete(known)
    for (const address of addresses) {
      if (this.#links.has(address)) continue
      this.#links.set(address, {
        session: 0,
        registered: false,
        registeredAt: 0,
        beatAt: 0,
        tags: [],
        bodies: [],
        bytes: 0,
      })
    }
    this.review()
  }

  /** Registers where this server takes requests, and takes its leave where it does not. */
  review(): void {
    const accepting = this.#options.accepting()
    for (const [address, link] of this.#links) {
      if (accepting && !link.registered) this.#register(address, link)
      if (!accepting && link.registered) {
        link.registered = false
        this.#say(address, link, { kind: 'bye' })
      }
    }
  }

  /** What was sent before now is dropped: the brokers have passed it on, for this process stood still. */
  startAnew(): void {
    for (const link of this.#links.values()) {
      link.registered = false
      link.session = 0
    }
  }

  /** To be called often: sends the beats that are due. */
  beat(): void {
    const now = this.#options.time.monotonic()
    for (const [address, link] of this.#links) {
      if (now - link.beatAt >= BEAT_MS - EARLY_MS) this.#say(address, link, { kind: 'beat' })
    }
  }

  /** What is malformed is dropped: a broker of ours does not send it. */
  receive(broker: string, frames: readonly Uint8Array[]): void {
    const link = this.#links.get(broker)
    if (link === undefined) return
    try {
      this.#take(broker, link, parseBackendHead(frames[0] ?? new Uint8Array()), frames[1])
    } catch (error) {
      this.#options.log.warn({ err: error, broker }, 'Refused a message of a broker')
    }
  }

  #take(broker: string, link: Link, head: BackendHead, bodies: Uint8Array | undefined): void {
    switch (head.kind) {
      case 'beat':
        if (link.registered && this.#isForgotten(link, head)) {
          link.registered = false
          this.review()
        }
        return
      case 'refused':
        this.#options.log.error({ broker, reason: head.message }, 'A broker refused this server')
        return
      case 'requests':
        // What was meant for a former registration has been passed on by the broker.
        if (head.session === link.session) this.#requests(broker, link, head, bodies)
        return
      default:
    }
  }

  /** Whether the broker lacks this server's last registration, which it has had time to receive. */
  #isForgotten(link: Link, beat: Beat): boolean {
    if (beat.registered === false) return true
    const other = beat.session !== undefined && beat.session !== link.session
    return other && this.#options.time.monotonic() - link.registeredAt > REGISTER_PATIENCE_MS
  }

  #requests(broker: string, link: Link, head: Requests, second: Uint8Array | undefined): void {
    const bodies = splitBodies(second, head.lengths)
    head.tags.forEach((tag, index) => {
      const connection = `${broker} ${head.connections[index]}`
      this.#options.request(connection, bodies[index] as Uint8Array, (reply) => this.#reply(link, tag, reply))
    })
  }

  #reply(link: Link, tag: number, body: Uint8Array): void {
    link.tags.push(tag)
    link.bodies.push(body)
    link.bytes += body.byteLength
    if (link.tags.length >= REPLIES_MAX || link.bytes >= REPLIES_BYTES_MAX) return this.#flush()
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    for (const [address, link] of this.#links) {
      if (link.tags.length === 0) continue
      const lengths = link.bodies.map((body) => body.byteLength)
      this.#say(
        address,
        link,
        { kind: 'replies', tags: link.tags, lengths },
        Buffer.concat(link.bodies, link.bytes),
      )
      link.tags = []
      link.bodies = []
      link.bytes = 0
    }
  }

  #register(address: string, link: Link): void {
    const { cluster, name, incarnation } = this.#options.identity
    this.#session++
    link.session = this.#session
    link.registered = true
    link.registeredAt = this.#options.time.monotonic()
    this.#say(address, link, {
      kind: 'ready',
      cluster,
      name,
      incarnation,
      session: link.session,
      credit: CREDIT,
    })
  }

  #say(address: string, link: Link, head: BackendHead, body?: Uint8Array): void {
    link.beatAt = this.#options.time.monotonic()
    this.#options.toBroker(
      address,
      body === undefined ? [encodeBackendHead(head)] : [encodeBackendHead(head), body],
    )
  }
}
