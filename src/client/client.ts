import type { Chance, Dealer, Subscriber, Time, Timers } from '../ports/index.ts'
import {
  channelTopic,
  isMap,
  isName,
  type OkData,
  type OperationName,
  type Publication,
  parsePublication,
  RecadoError,
  readBoolean,
  readCounts,
  readInteger,
  readMap,
  readName,
  readNames,
  readString,
  streamKey,
  userTopic,
  type Vector,
  vectorFromObject,
} from '../wire/index.ts'
import { decodePlace, encodePlace, type Place } from './cursor.ts'
import { Feeds } from './feeds.ts'
import type { Page } from './merge.ts'
import type { Data } from './pending.ts'
import type { Session } from './renewal.ts'
import { type RequestOptions, Requests } from './requests.ts'
import { Subscription } from './subscription.ts'

/** Streams in `seen`, those that were written to last. */
const SEEN_MAX = 64
const SUBSCRIPTIONS_MAX = 1024
const START: Place = { after: undefined, passed: new Map() }

export type Acks = 'one' | 'quorum' | 'all'

export interface SendOptions extends RequestOptions {
  /** Where a message must be before it counts as sent; the server's own level unless given. */
  readonly acks?: Acks | undefined
}

/** A channel by its name, or the direct messages of a user, perhaps only those with one other. */
export type Topic = string | { readonly user: string; readonly with?: string | undefined }

export interface ChannelOptions extends RequestOptions {
  /** In secured mode: makes the channel private, for these and oneself. */
  readonly members?: readonly string[] | undefined
}

export interface LoginOptions extends RequestOptions {
  /** In secured mode: the first login of a new name sets it, 8 to 256 bytes. */
  readonly secret?: string | undefined
  /** Takes the place of the secret, if that is right or was until this did: again, it changes nothing. */
  readonly newSecret?: string | undefined
  /** An administrator's, with `newSecret`: takes the place of the secret, where that is forgotten or the name has none. */
  readonly permit?: string | undefined
}

export interface HistoryOptions extends RequestOptions {
  /** A cursor: what comes behind it. From the start unless given. */
  readonly after?: string | undefined
  /** Messages in the page, 1 to 1,000; 100 unless given. */
  readonly limit?: number | undefined
}

export interface HistoryPage {
  /** Oldest first. */
  readonly messages: readonly Publication[]
  /** The cursor behind the last of them. */
  readonly next: string
  readonly more: boolean
}

export interface SubscribeOptions {
  /** A cursor, `start`, or `now` (the default): only what comes from now on. */
  readonly from?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ClientOptions {
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly openDealer: (address: string) => Dealer
  readonly openSubscriber: (address: string) => Subscriber
  readonly deadlineMs: number
  /** What users log in with, unless a login says otherwise; in secured mode. */
  readonly secret?: string | undefined
}

/**
 * One party's connection to the system, over one broker and one proxy at a time. Its promises reject with a
 * RecadoError of the code that the server gave, `unavailable` at the deadline.
 */
export class Client {
  readonly #options: ClientOptions
  readonly #requests: Requests
  readonly #feeds: Feeds
  readonly #subscriptions = new Set<Subscription>()
  readonly #closing: (() => void)[] = []
  /**
   * What this client was told that a majority holds, as it takes all for which it did not ask for less: history answers once
   * it holds that too. Nothing is dropped when it does not in time: what a lost disk took with it looks no different from here
   * than what a server that is cut off has not heard of yet, and after that one's own writes would be missing without a word.
   */
  readonly #seen: Vector = new Map()
  #seenLast = ''
  readonly #readHeld = (ok: OkData): OperationName => {
    const operation = readOperation(ok)
    this.#remember(operation)
    return operation
  }
  #user: string | undefined
  /** What that user logged in with. */
  #secret: string | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#requests = new Requests({ ...options, open: options.openDealer })
    this.#feeds = new Feeds({
      open: options.openSubscriber,
      turn: Math.floor(options.chance.next() * 1024),
      // What is said after it has a higher clock: cause comes before effect.
      heard: (clock) => this.#requests.heard(clock),
    })
  }

  /** Who is logged in. */
  get user(): string | undefined {
    return this.#user
  }

  /** These are the brokers (their clients' ports) now. */
  setBrokers(addresses: readonly string[]): void {
    this.#requests.setBrokers(addresses)
  }

  /** These are the proxies (their subscribers' ports) now. */
  setProxies(addresses: readonly string[]): void {
    this.#feeds.setProxies(addresses)
  }

  /** To be called when the client is closed. */
  onClose(callback: () => void): void {
    this.#closing.push(callback)
  }

  /** Makes the user known, and everything after is said in this name. In secured mode by a secret. */
  async login(user: string, options: LoginOptions = {}): Promise<void> {
    const { secret = this.#options.secret, newSecret, permit, ...others } = options
    checkName(user, 'user')
    if (permit !== undefined && newSecret === undefined) {
      throw new RecadoError('bad_request', 'A permit lets a user set a secret; give "newSecret"')
    }
    if (newSecret !== undefined) {
      const proof = permit === undefined ? { secret } : { permit }
      this.#requests.renewal.session = await this.#openNewSession(user, proof, newSecret, others)
    } else if (secret === undefined) await this.#requests.call('login', { user }, others)
    else this.#requests.renewal.session = await this.#openSession(user, secret, others)
    this.#user = user
    this.#secret = newSecret ?? secret
  }

  /**
   * Gives the user who is logged in another secret, 8 to 256 bytes, in secured mode. The former one and all tokens that it
   * brought are refused from now on; this client goes on. Fails as `unavailable` it may have been done: the same again tells.
   */
  async changeSecret(newSecret: string, options: RequestOptions = {}): Promise<void> {
    const user = this.#me()
    const { renewal } = this.#requests
    const { session } = renewal
    const changing = this.#openNewSession(user, { secret: this.#secret }, newSecret, options)
    // What is under way with the former token waits for the outcome, and tries both secrets where that is unknown.
    const renew = (): Promise<Session | undefined> =>
      changing.catch(() => session?.renew()).catch(() => this.#openSession(user, newSecret, {}))
    renewal.session = session && { token: session.token, renew }
    renewal.session = await changing
    this.#secret = newSecret
  }

  /** Creates a channel; one that is there is left as it is. */
  async createChannel(channel: string, options: ChannelOptions = {}): Promise<void> {
    const { members, ...others } = options
    const more = members === undefined ? {} : { members }
    await this.#requests.call(
      'channel',
      { user: this.#me(), channel: checkName(channel, 'channel'), ...more },
      others,
    )
  }

  /** Makes a user a member of a private channel. */
  async invite(channel: string, member: string, options: RequestOptions = {}): Promise<void> {
    await this.#requests.call('invite', { user: this.#me(), channel, member }, options)
  }

  /** Ends one's own membership of a private channel. */
  async leave(channel: string, options: RequestOptions = {}): Promise<void> {
    await this.#requests.call('leave', { user: this.#me(), channel }, options)
  }

  /** The names of all users, sorted. */
  async users(options: RequestOptions = {}): Promise<readonly string[]> {
    return readNames(await this.#requests.call('users', {}, options), 'users')
  }

  /** The names of all channels, sorted. */
  async channels(options: RequestOptions = {}): Promise<readonly string[]> {
    return readNames(await this.#requests.call('channels', {}, options), 'channels')
  }

  /** Says something to a channel; resolves with the operation's name once it is held as `acks` asks. */
  publish(channel: string, message: string | Uint8Array, options: SendOptions = {}): Promise<OperationName> {
    return this.#say(
      'publish',
      { user: this.#user, channel: checkName(channel, 'channel'), message },
      options,
    )
  }

  /** Says something to one user; resolves with the operation's name once it is held as `acks` asks. */
  message(to: string, message: string | Uint8Array, options: SendOptions = {}): Promise<OperationName> {
    return this.#say('message', { user: this.#user, to: checkName(to, 'to'), message }, options)
  }

  /** A page of what was said, in the system's one order, this client's own acknowledged messages included. */
  async history(topic: Topic, options: HistoryOptions = {}): Promise<HistoryPage> {
    const place = options.after === undefined ? START : decodePlace(options.after)
    const seen = this.#seen.size === 0 ? {} : { seen: Object.fromEntries(this.#seen) }
    const page = await this.#page(topic, { ...seen, after: place.after, limit: options.limit }, options)
    // What the cursor passed beyond the server's own is left out here and stays in the cursor.
    const messages = page.messages.filter((message) => !isPassed(place, message))
    return { ...page, messages, next: place.passed.size === 0 ? page.next : nextPlace(place, page) }
  }

  /**
   * The messages of a channel, or the direct messages to a user (oneself), each once: history from the cursor, then
   * what comes. Leave the loop, abort the signal or call `close` to end it.
   */
  subscribe(topic: string | { readonly user: string }, options: SubscribeOptions = {}): Subscription {
    this.#requests.checkOpen()
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      throw new RecadoError(
        'overloaded',
        `A client has at most ${SUBSCRIPTIONS_MAX} subscriptions; close some`,
      )
    }
    const from = options.from ?? 'now'
    const name = typeof topic === 'string' ? checkName(topic, 'channel') : checkName(topic.user, 'user')
    const subscription = new Subscription({
      topics: this.#topicsOf(topic, name),
      from: from === 'now' || from === 'start' ? START : decodePlace(from),
      skip: from === 'now',
      // History of a user holds what the user sent too.
      wanted: ({ channel, to }) => (typeof topic === 'string' ? channel : to) === name,
      feeds: this.#feeds,
      timers: this.#options.timers,
      history: (question) => this.#page(topic, { ...question }, {}),
      signal: options.signal,
      closed: (ended) => this.#subscriptions.delete(ended),
    })
    // By a signal that was aborted before it has ended already, and nothing would take it out again.
    if (!subscription.ended) this.#subscriptions.add(subscription)
    return subscription
  }

  /** One server's view of itself and of the others. */
  async status(options: RequestOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    const { status: _, ...view } = await this.#requests.call('status', {}, options)
    return view
  }

  /** Ends the subscriptions, fails what is under way as `unavailable`, closes the sockets. */
  async close(): Promise<void> {
    for (const callback of this.#closing.splice(0)) callback()
    for (const subscription of this.#subscriptions) subscription.close()
    await Promise.all([this.#requests.close(), this.#feeds.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Logs in, with more than the secret when that is to be changed. */
  async #openSession(
    user: string,
    secret: string,
    options: RequestOptions,
    secrets: Readonly<Record<string, string | undefined>> = { secret },
  ): Promise<Session | undefined> {
    const ok = await this.#requests.call('login', { user, ...secrets }, options)
    // A system in open mode knows no tokens, and asks for none.
    const token = ok['token'] === undefined ? undefined : readString(ok, 'token')
    this.#feeds.setToken(token)
    return token === undefined ? undefined : { token, renew: () => this.#openSession(user, secret, {}) }
  }

  async #openNewSession(
    user: string,
    proof: { secret: string | undefined } | { permit: string },
    newSecret: string,
    options: RequestOptions,
  ): Promise<Session> {
    const secrets = { ...proof, new_secret: newSecret }
    const session = await this.#openSession(user, newSecret, options, secrets)
    if (session !== undefined) return session
    throw new RecadoError('bad_request', 'Users have secrets in secured mode only')
  }

  /** Without `async`, and with as few objects as may be: programs say much more than they ask. */
  #say(
    service: string,
    said: { readonly user: string | undefined } & Data,
    options: SendOptions,
  ): Promise<OperationName> {
    if (said.user === undefined) return Promise.reject(nobodyIsLoggedIn())
    const { acks } = options
    const data = acks === undefined ? said : { ...said, acks }
    return this.#requests.ask(service, data, options, acks === 'one' ? readOperation : this.#readHeld)
  }

  async #page(topic: Topic, query: Record<string, unknown>, options: RequestOptions): Promise<Page> {
    const of = typeof topic === 'string' ? { channel: checkName(topic, 'channel') } : { ...topic }
    const ok = await this.#requests.call('history', { ...of, ...query }, options)
    const { messages } = ok
    if (!Array.isArray(messages)) throw new RecadoError('internal', 'The answer holds no messages')
    return {
      messages: messages.map(parsePublication),
      next: readString(ok, 'next'),
      more: readBoolean(ok, 'more'),
      ...(ok['passed'] === undefined ? {} : { passed: vectorFromObject(readCounts(ok, 'passed')) }),
    }
  }

  /** A private channel is heard by one's own inbox, and nobody says beforehand which is private. */
  #topicsOf(topic: string | { readonly user: string }, name: string): readonly string[] {
    if (typeof topic !== 'string') return [userTopic(name)]
    const secured = this.#requests.renewal.session !== undefined && this.#user !== undefined
    return [channelTopic(name), ...(secured ? [userTopic(this.#user as string)] : [])]
  }

  #remember({ origin, incarnation, seq }: OperationName): void {
    const stream = streamKey(origin, incarnation)
    const highest = Math.max(seq, this.#seen.get(stream) ?? 0)
    // To take it out and put it behind the others costs more than all the rest, and it mostly stands there already.
    if (stream !== this.#seenLast) this.#seen.delete(stream)
    this.#seenLast = stream
    this.#seen.set(stream, highest)
    const [eldest] = this.#seen.keys()
    if (this.#seen.size > SEEN_MAX && eldest !== undefined) this.#seen.delete(eldest)
  }

  #me(): string {
    if (this.#user !== undefined) return this.#user
    throw nobodyIsLoggedIn()
  }
}

function nobodyIsLoggedIn(): RecadoError {
  return new RecadoError('not_logged_in', 'Nobody is logged in; call login first')
}

function checkName(name: string, what: string): string {
  if (isName(name)) return name
  throw new RecadoError('bad_request', `The ${what} must be a name: 1 to 64 of A-Z a-z 0-9 . _ -`)
}

function readOperation(ok: OkData): OperationName {
  const operation = readMap(isMap(ok) ? ok : {}, 'operation')
  return {
    clock: readInteger(operation, 'clock'),
    origin: readName(operation, 'origin'),
    incarnation: readInteger(operation, 'incarnation'),
    seq: readInteger(operation, 'seq'),
  }
}

function isPassed({ passed }: Place, { operation }: Publication): boolean {
  return operation.seq <= (passed.get(streamKey(operation.origin, operation.incarnation)) ?? 0)
}

function nextPlace({ passed }: Place, page: Page): string {
  return encodePlace({ after: page.next, passed })
}
