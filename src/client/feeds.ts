import type { Subscriber } from '../ports/index.ts'
import { grantTopic, type Publication, parsePublications } from '../wire/index.ts'

type Listener = (publications: readonly Publication[]) => void

export interface FeedsOptions {
  readonly open: (address: string) => Subscriber
  /** Which proxy is taken first, so that clients spread over them. */
  readonly turn: number
  /** Publications were received; `clock` is the highest of theirs. */
  readonly heard: (clock: number) => void
}

/** Live publications of one of several proxies, shared by a client's subscriptions. */
export class Feeds {
  readonly #options: FeedsOptions
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #connected = new Set<() => void>()
  #addresses: readonly string[] = []
  #address: string | undefined
  #subscriber: Subscriber | undefined
  #turn: number
  #grant: string | undefined
  #closed = false

  constructor(options: FeedsOptions) {
    this.#options = options
    this.#turn = options.turn
  }

  /** These are the subscribers' ports of the proxies now. The one in use is kept while it is among them. */
  setProxies(addresses: readonly string[]): void {
    this.#addresses = addresses
    if (this.#address !== undefined && addresses.includes(this.#address)) return
    this.#leave()
    this.#connect()
  }

  /** Hears a topic until the returned function is called. What is malformed is dropped, and shows as a gap. */
  listen(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    listeners.add(listener)
    if (listeners.size === 1) this.#subscriber?.subscribe(topic)
    this.#connect()
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return
      this.#listeners.delete(topic)
      this.#subscriber?.unsubscribe(topic)
    }
  }

  /** Calls back whenever a proxy is connected, until the returned function is called: what was published before may not have come. */
  onConnect(callback: () => void): () => void {
    this.#connected.add(callback)
    return () => {
      this.#connected.delete(callback)
    }
  }

  /** In secured mode: what this client may hear beside channels is what this token's user may. */
  setToken(token: string | undefined): void {
    const former = this.#grant
    this.#grant = token === undefined ? undefined : grantTopic(token)
    if (this.#grant !== undefined) this.#subscriber?.subscribe(this.#grant)
    if (former !== undefined && former !== this.#grant) this.#subscriber?.unsubscribe(former)
  }

  /** Leaves the proxy in use, which brings nothing, for the next one. */
  moveOn(): void {
    this.#turn++
    this.#leave()
    this.#connect()
  }

  /** Closes the socket; none is opened from now on. */
  async close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    const subscriber = this.#subscriber
    this.#subscriber = undefined
    await subscriber?.close()
  }

  #connect(): void {
    if (this.#closed || this.#subscriber !== undefined) return
    if (this.#listeners.size === 0 || this.#addresses.length === 0) return
    const address = this.#addresses[this.#turn % this.#addresses.length] as string
    const subscriber = this.#options.open(address)
    this.#address = address
    this.#subscriber = subscriber
    subscriber.receive((topic, body) => {
      if (subscriber === this.#subscriber) this.#receive(topic, body)
    })
    subscriber.onConnect?.(() => {
      if (subscriber !== this.#subscriber) return
      for (const callback of this.#connected) callback()
    })
    for (const topic of this.#listeners.keys()) subscriber.subscribe(topic)
    if (this.#grant !== undefined) subscriber.subscribe(this.#grant)
  }

  #leave(): void {
    const subscriber = this.#subscriber
    this.#subscriber = undefined
    this.#address = undefined
    subscriber?.close().catch(() => {})
  }

  #receive(topic: string, body: Uint8Array): void {
    const listeners = this.#listeners.get(topic)
    if (listeners === undefined) return
    let publications: readonly Publication[]
    try {
      publications = parsePublications(body)
    } catch {
      return
    }
    this.#options.heard(publications.reduce((highest, { clock }) => Math.max(highest, clock), 0))
    for (const listener of listeners) listener(publications)
  }
}
