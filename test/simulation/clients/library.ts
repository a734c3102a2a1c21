import { Client, type Received, type Subscription } from '../../../src/client/index.ts'
import type { Chance, Subscriber } from '../../../src/ports/index.ts'
import { type OperationName, RecadoError, type Vector } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { Scope, Wish } from '../witness.ts'
import { CHANNEL, Party } from './party.ts'

/** What it subscribes to: the channel from its start on, or from now on, or direct messages to itself from the start on. */
export type Hears = 'channel' | 'channel from now' | 'inbox'

interface Habits {
  /** Pauses between its publications, in ms at most. */
  readonly pauseMs: number
  /** Publications under way at once. */
  readonly window: number
  readonly deadlineMs: number
  readonly hears: Hears
}

/** A client that uses the library: it publishes, and subscribes; after a start it goes on from its last cursor. */
export class LibraryClient extends Party {
  acknowledged = 0
  received = 0
  readonly #habits: Habits
  #client: Client | undefined
  #subscription: Subscription | undefined
  #last: Received | undefined
  #subscriptions = 0
  #underWay = 0
  #said = 0
  #subscribed = false
  /** What its subscription is to bring. */
  #scope: Scope
  #concluded = false
  /** Whether something that it said after all faults had ended was acknowledged. */
  #hasSaidLast = false

  constructor(cluster: Cluster, user: string, chance: Chance, habits: Habits) {
    super(cluster, user, chance, { promising: true })
    this.#habits = habits
    this.#scope = {
      to: habits.hears === 'inbox' ? user : undefined,
      since: habits.hears === 'channel from now' ? Number.POSITIVE_INFINITY : 0,
    }
  }

  get done(): boolean {
    return this.#hasSaidLast && this.#underWay === 0 && this.#subscribed
  }

  override finish(): void {
    super.finish()
    if (this.#subscribed) this.#sayLast()
  }

  /** Goes on from its cursor, as after a restart: so it need not wait for the time at which it looks again. */
  conclude(): void {
    const client = this.#client as Client
    this.#concluded = false
    this.#subscription?.close()
    const subscription = this.#subscribe(client)
    this.cluster.world.promises = true
    this.#awaitEnd(subscription).catch((error: unknown) => this.#fail('its subscription', error))
  }

  get concluded(): boolean {
    return this.#concluded
  }

  override crash(): void {
    super.crash()
    this.#client = undefined
    this.#subscription = undefined
    this.#underWay = 0
    this.#subscribed = false
  }

  protected run(): void {
    const { cluster, process, chance } = this
    const client = new Client({
      time: process,
      timers: process,
      chance,
      openDealer: (address) => cluster.sockets.dial(process, address),
      openSubscriber: (address) => this.#openSubscriber(address),
      deadlineMs: this.#habits.deadlineMs,
    })
    this.#client = client
    client.setBrokers(cluster.brokers.map(({ clientsAddress }) => clientsAddress))
    client.setProxies(cluster.proxies.map(({ address }) => address))
    cluster.world.promises = true
    this.#begin(client, process.life).catch((error: unknown) => this.#fail('its start', error))
  }

  async #awaitEnd(subscription: Subscription): Promise<void> {
    await subscription.ready
    this.#concluded = true
  }

  #openSubscriber(address: string): Subscriber {
    const proxy = this.cluster.proxies.find((each) => each.address === address)
    if (proxy === undefined) throw new Error(`There is no proxy at ${address}`)
    return this.cluster.sockets.subscribe(this.process, proxy.process, [], () => {})
  }

  async #begin(client: Client, life: number): Promise<void> {
    const { user } = this
    const isIn = await this.#insist(client, life, { kind: 'login', target: '' }, () => client.login(user))
    if (!isIn) return
    const channel = { kind: 'channel', target: CHANNEL } as const
    if (!(await this.#insist(client, life, channel, () => client.createChannel(CHANNEL)))) return
    this.#subscribe(client)
    this.#subscribed = true
    for (let i = 0; i < this.#habits.window; i++) this.#publishAll(client, life)
    if (this.enough) this.#sayLast()
  }

  #sayLast(): void {
    const say = async (): Promise<void> => {
      const sentAt = this.cluster.world.now
      const message = `the last of ${this.user}`
      const operation = await (this.#client as Client).publish(CHANNEL, message)
      this.#acknowledged(operation, sentAt, message)
      this.#hasSaidLast = true
    }
    const again = (error: unknown): unknown => {
      if (error instanceof RecadoError && error.retryable) return say().catch(again)
      return this.#fail('its last publication', error)
    }
    this.cluster.world.promises = true
    say().catch(again)
  }

  /** Tries until it is done; false when the client ended before. What the library calls these requests nobody is told. */
  async #insist(
    client: Client,
    life: number,
    { kind, target }: Pick<Wish, 'kind' | 'target'>,
    attempt: () => Promise<void>,
  ): Promise<boolean> {
    const { witness, world } = this.cluster
    const { user } = this
    const id = `${kind} ${life}`
    const session = `${user}/${life}`
    witness.wished({ session, user, id, kind, target, level: 'quorum', sentAt: world.now })
    for (;;) {
      try {
        await attempt()
        witness.acknowledged(user, id, undefined)
        return true
      } catch (error) {
        if (!(error instanceof RecadoError) || !error.retryable) throw error
        if (client !== this.#client || life !== this.process.life) return false
      }
    }
  }

  #subscribe(client: Client): Subscription {
    const { to, since } = this.#scope
    const begin = since > 0 ? 'now' : 'start'
    const topic = to === undefined ? CHANNEL : { user: to }
    const subscription = client.subscribe(topic, { from: this.#last?.cursor ?? begin })
    this.#subscription = subscription
    this.#subscriptions++
    const name = `${this.name}/${this.#subscriptions}`
    const isNow = since > 0 && this.#last === undefined
    if (isNow) this.#scope = { to, since: Number.POSITIVE_INFINITY, beyond: shownByAll(this.cluster) }
    this.cluster.witness.subscribed(name, this.#scope)
    if (isNow) this.#beginNow(subscription, name)
    this.#read(subscription, name).catch((error: unknown) => this.#fail('its subscription', error))
    return subscription
  }

  /** What is accepted once it has read history to its end is to come. */
  #beginNow(subscription: Subscription, name: string): void {
    const { witness, world } = this.cluster
    const begun = (): void => {
      if (subscription !== this.#subscription) return
      this.#scope = { ...this.#scope, since: world.now }
      witness.subscribed(name, this.#scope)
    }
    subscription.ready.then(begun, () => {})
  }

  async #read(subscription: Subscription, name: string): Promise<void> {
    const { life } = this.process
    for await (const item of subscription) {
      if (life !== this.process.life || subscription !== this.#subscription) return
      this.#last = item
      this.received++
      this.cluster.witness.delivered(name, item)
    }
  }

  #publishAll(client: Client, life: number): void {
    const again = (): void => {
      if (this.enough || life !== this.process.life) return
      this.#underWay++
      const sentAt = this.cluster.world.now
      const settled = (operation?: OperationName): void => {
        if (life !== this.process.life) return
        this.#underWay--
        if (operation !== undefined) this.#acknowledged(operation, sentAt, message)
        this.process.after(this.chance.next() * this.#habits.pauseMs, again)
      }
      const message = `${++this.#said} from ${this.user}`
      client.publish(CHANNEL, message).then(settled, (error: unknown) => {
        const excused = error instanceof RecadoError && (error.retryable || this.isHidden(error.code, sentAt))
        if (!excused) this.#fail('a publication', error)
        settled()
      })
    }
    this.process.after(this.chance.next() * this.#habits.pauseMs, again)
  }

  #acknowledged(operation: OperationName, sentAt: number, message: string): void {
    this.acknowledged++
    const { witness } = this.cluster
    const { origin, incarnation, seq } = operation
    const accepted = witness.operations.get(`${origin}/${incarnation} ${seq}`)
    if (accepted === undefined)
      return witness.find(`${this.user} was told of ${origin}/${incarnation} ${seq}, which nobody accepted`)
    const { user, id, kind, target } = accepted
    if (accepted.message !== message)
      witness.find(`${this.user} was told that "${message}" is ${JSON.stringify(accepted.message)}`)
    witness.wished({
      session: `${user}/${this.process.life}`,
      user,
      id,
      kind,
      target,
      level: 'quorum',
      sentAt,
    })
    witness.acknowledged(user, id, operation)
  }

  #fail(what: string, error: unknown): void {
    this.cluster.witness.find(`${this.user} failed at ${what}: ${String(error)}`)
  }
}

/** What every server shows in history: none while one of them is away. */
function shownByAll({ servers }: Cluster): Vector {
  const shown = servers.filter(({ removed }) => !removed).map(({ server }) => server?.replica.visible())
  const [first, ...others] = shown
  const least: Vector = new Map()
  for (const [stream, seq] of first ?? []) {
    least.set(stream, Math.min(seq, ...others.map((other) => other?.get(stream) ?? 0)))
  }
  return least
}
