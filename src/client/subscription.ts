import type { Cancel, Timers } from '../ports/index.ts'
import { type OperationName, type Publication, RecadoError } from '../wire/index.ts'
import { encodePlace, type Place, placeBehind } from './cursor.ts'
import type { Feeds } from './feeds.ts'
import { Merge, type MergeCounts, PAGE_MESSAGES, type Page, type Question } from './merge.ts'

/** Items that wait for the consumer; a page more at most. Beyond it nothing is taken, and history brings it later. */
const READY_MAX = 2048
const WATCH_MS = 5000
/** By then after a connection a proxy that has just started is known to the servers, too. */
const KNOWN_MS = 1500
/** So many times in a row everything came from history and nothing live: another proxy is tried. */
const STRIKES = 2

/** One message of a subscription. */
export class Received implements Publication {
  readonly clock: number
  readonly timestamp: number
  readonly operation: OperationName
  readonly previous: number
  readonly id: string
  readonly user: string
  declare readonly channel?: string
  declare readonly to?: string
  readonly message: string | Uint8Array
  readonly #before: Place

  /** @param before a place since which nothing was passed but what its stream has up to it */
  constructor(publication: Publication, before: Place) {
    this.clock = publication.clock
    this.timestamp = publication.timestamp
    this.operation = publication.operation
    this.previous = publication.previous
    this.id = publication.id
    this.user = publication.user
    if (publication.channel !== undefined) this.channel = publication.channel
    if (publication.to !== undefined) this.to = publication.to
    this.message = publication.message
    this.#before = before
  }

  /** A subscription from here goes on behind this message. */
  get cursor(): string {
    return encodePlace(placeBehind(this.#before, this))
  }
}

export interface SubscriptionOptions {
  /** Where it may be heard live. */
  readonly topics: readonly string[]
  readonly from: Place
  readonly skip: boolean
  readonly wanted: (publication: Publication) => boolean
  readonly feeds: Feeds
  readonly timers: Timers
  /** Asks history; rejects with a RecadoError. */
  readonly history: (question: Question) => Promise<Page>
  readonly signal?: AbortSignal | undefined
  readonly closed: (subscription: Subscription) => void
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Received, undefined>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Messages of a topic: history first, then live, each once. Ends when it is closed or its loop is left; throws what
 * cannot be tried again (`unknown_channel`), or the signal's reason.
 */
export class Subscription implements AsyncIterableIterator<Received, undefined> {
  readonly #options: SubscriptionOptions
  readonly #merge: Merge
  readonly #ready: Received[] = []
  readonly #waiters: Waiter[] = []
  readonly #stopListening: readonly (() => void)[]
  readonly #cancelWatch: Cancel
  #cancelAgain: Cancel | undefined
  readonly #abort = (): void => this.#end(this.#options.signal?.reason)
  readonly #caughtUp = Promise.withResolvers<void>()
  #taken = 0
  #strikes = 0
  #before = { live: 0, repaired: 0 }
  #ended = false
  #error: unknown

  constructor(options: SubscriptionOptions) {
    this.#options = options
    // Who does not wait for it is not to be ended by its failure.
    this.#caughtUp.promise.catch(() => {})
    this.#merge = new Merge({
      ...options,
      ask: (question) => void this.#ask(question),
      deliver: (publication, before) => this.#deliver(new Received(publication, before)),
      caughtUp: () => this.#caughtUp.resolve(),
      room: () => READY_MAX - (this.#ready.length - this.#taken),
    })
    const { feeds, wanted } = options
    this.#stopListening = [
      ...options.topics.map((topic) =>
        feeds.listen(topic, (publications) => this.#merge.live(publications.filter(wanted))),
      ),
      feeds.onConnect(() => this.#connected()),
    ]
    this.#cancelWatch = options.timers.every(WATCH_MS, () => this.#watch())
    options.signal?.addEventListener('abort', this.#abort, { once: true })
    if (options.signal?.aborted === true) this.#abort()
  }

  /** Whether it was closed, aborted or has failed; what waits may still be taken. */
  get ended(): boolean {
    return this.#ended
  }

  /** What it met so far. */
  get counts(): Readonly<MergeCounts> {
    return this.#merge.counts
  }

  /** Resolves once history has been read to its end: what is said from then on is delivered as it comes. */
  get ready(): Promise<void> {
    return this.#caughtUp.promise
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Received, undefined>> {
    const item = this.#take()
    if (item !== undefined) return Promise.resolve({ value: item, done: false })
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    if (this.#waiters.length >= READY_MAX) {
      return Promise.reject(new RecadoError('overloaded', 'Too many calls of next() wait; await them'))
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
    })
  }

  return(): Promise<IteratorResult<Received, undefined>> {
    this.close()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Ends it: the loop over it is left once what waits has been taken. */
  close(): void {
    this.#end(undefined)
  }

  /** Twice: what is published before proxy and servers know what is heard here comes from history as well. */
  #connected(): void {
    this.#merge.read()
    this.#cancelAgain?.()
    this.#cancelAgain = this.#options.timers.after(KNOWN_MS, () => this.#merge.read())
  }

  async #ask(question: Question): Promise<void> {
    try {
      const page = await this.#options.history(question)
      if (!this.#ended) this.#merge.page(page)
    } catch (error) {
      if (this.#ended) return
      if (error instanceof RecadoError && error.retryable) this.#merge.failed()
      else this.#end(error)
    }
  }

  #deliver(item: Received): void {
    // To shift from an empty array costs more than to push.
    if (this.#waiters.length === 0) this.#ready.push(item)
    else this.#waiters.shift()?.resolve({ value: item, done: false })
  }

  #take(): Received | undefined {
    const item = this.#ready[this.#taken]
    if (item === undefined) return undefined
    this.#taken++
    if (this.#taken >= PAGE_MESSAGES || this.#taken === this.#ready.length) {
      this.#ready.splice(0, this.#taken)
      this.#taken = 0
      this.#merge.drained()
    }
    return item
  }

  #watch(): void {
    const { live, repaired } = this.#merge.counts
    const onlyHistory = live === this.#before.live && repaired > this.#before.repaired
    this.#before = { live, repaired }
    this.#strikes = onlyHistory ? this.#strikes + 1 : 0
    if (this.#strikes < STRIKES) return
    this.#strikes = 0
    this.#options.feeds.moveOn()
  }

  #end(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#merge.close()
    for (const stop of this.#stopListening) stop()
    this.#cancelWatch()
    this.#cancelAgain?.()
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#options.closed(this)
    this.#caughtUp.reject(error ?? new RecadoError('unavailable', 'The subscription is closed'))
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      if (error === undefined) resolve({ value: undefined, done: true })
      else reject(error)
    }
  }
}
