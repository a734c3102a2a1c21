import type { Cancel, Chance, Log, Metrics, Time, Timers } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import type { Client } from '../client.ts'
import type { Received, Subscription } from '../subscription.ts'
import { Check } from './check.ts'
import { read, type Said, write } from './message.ts'

const RETRY_MS = 1000
const REVIEW_MS = 1000
const TURN_MS = 20
/** Own direct messages are looked for in history so often. */
const SENT_MS = 5000
const SENT_PAGES = 20
const PAGE = 500
/** Of so many operations one is a direct message. */
const MESSAGE_EVERY = 4
/** Operations under way; beyond it the loop leaves out turns. */
const UNDER_WAY_MAX = 1000
const OTHERS_MAX = 64

export interface BotOptions {
  readonly name: string
  readonly channels: readonly string[]
  /** Operations a second. */
  readonly rate: number
  readonly client: Client
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
}

/** The automatic client: says something in a loop, and checks that what was acknowledged comes, once, in order, unaltered. */
export class Bot {
  readonly #options: BotOptions
  readonly #run: number
  readonly #checks = new Map<string, Check>()
  readonly #counts = new Map<string, { said: number; acknowledged: number }>()
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #cancels: Cancel[] = []
  readonly #stopping = new AbortController()
  /** Other bots that were heard: people have no use for their messages. */
  readonly #others = new Set<string>()
  #sentCursor: string | undefined
  #lookingForSent = false
  #repaired = new Map<string, number>()
  #underWay = 0
  #turn = 0
  #workedAt = 0

  constructor(options: BotOptions) {
    this.#options = options
    this.#run = Math.floor(options.time.wall())
  }

  /** Logs in, joins, subscribes and begins; what fails for now is tried until it does. Resolves when stopped or at work. */
  async start(): Promise<void> {
    const { name, channels, client, log } = this.#options
    await this.#until('log in', () => client.login(name))
    for (const channel of channels) await this.#until('create a channel', () => client.createChannel(channel))
    const topics = [...channels.map((channel) => ({ label: channel, topic: channel })), this.#ownTopic()]
    await Promise.all(topics.map(({ label, topic }) => this.#subscribe(label, topic)))
    await this.#until('find the end of the sent messages', () => this.#skipSent())
    if (this.#stopping.signal.aborted) return
    log.info({ channels: channels.length, rate_per_second: this.#options.rate }, 'At work')
    const { timers } = this.#options
    this.#workedAt = this.#now()
    this.#cancels.push(
      timers.every(TURN_MS, () => this.#work()),
      timers.every(REVIEW_MS, () => this.#review()),
      timers.every(SENT_MS, () => this.#lookForSent()),
    )
  }

  stop(): void {
    this.#stopping.abort()
    for (const cancel of this.#cancels.splice(0)) cancel()
    for (const subscription of this.#subscriptions.values()) subscription.close()
  }

  #ownTopic(): { label: string; topic: { user: string } } {
    return { label: `@${this.#options.name}`, topic: { user: this.#options.name } }
  }

  async #until(what: string, attempt: () => Promise<unknown>): Promise<void> {
    const { log, timers } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        await attempt()
        return
      } catch (error) {
        log.warn({ err: error, what }, 'Not done yet; trying again')
      }
      await new Promise<void>((resolve) => {
        timers.after(RETRY_MS, resolve)
      })
    }
  }

  /** Listens to a topic, anew whenever that ends, and resolves when it is at its end for the first time. */
  async #subscribe(label: string, topic: string | { user: string }): Promise<void> {
    const check = this.#check(label)
    let from = 'now'
    const listen = async (): Promise<void> => {
      const subscription = this.#options.client.subscribe(topic, { from })
      this.#subscriptions.set(label, subscription)
      this.#repaired.delete(label)
      for await (const item of subscription) {
        from = item.cursor
        this.#options.metrics.add('recado_client_received_total')
        check.received(item, this.#now())
        this.#meet(item)
      }
    }
    const forever = async (): Promise<void> => {
      while (!this.#stopping.signal.aborted) await this.#until('listen to a topic', listen)
    }
    forever().catch((error: unknown) => this.#options.log.error({ err: error }, 'Listening ended'))
    await this.#until('read a topic to its end', () => {
      const ready = this.#subscriptions.get(label)?.ready
      return ready ?? Promise.reject(new RecadoError('unavailable', 'The topic is not subscribed to yet'))
    })
  }

  /** Says as much as the rate has made due since the last turn. */
  #work(): void {
    const now = this.#now()
    const due = Math.floor(((now - this.#workedAt) * this.#options.rate) / 1000)
    if (due === 0) return
    this.#workedAt = due > UNDER_WAY_MAX ? now : this.#workedAt + (due * 1000) / this.#options.rate
    for (let said = 0; said < Math.min(due, UNDER_WAY_MAX); said++) this.#say()
  }

  #say(): void {
    if (this.#underWay >= UNDER_WAY_MAX) return
    this.#turn++
    const { channels, chance } = this.#options
    const pick = (names: readonly string[]): string | undefined =>
      names[Math.floor(chance.next() * names.length)]
    const other = this.#turn % MESSAGE_EVERY === 0 ? pick([...this.#others]) : undefined
    const channel = pick(channels)
    if (other !== undefined) void this.#send(`@${other}`, (text) => this.#options.client.message(other, text))
    else if (channel !== undefined)
      void this.#send(channel, (text) => this.#options.client.publish(channel, text))
  }

  /** Says something; never rejects. */
  async #send(topic: string, send: (text: string) => Promise<unknown>): Promise<void> {
    const { name, metrics, log } = this.#options
    const counts = this.#counts.get(topic) ?? { said: 0, acknowledged: 0 }
    this.#counts.set(topic, counts)
    counts.said++
    const { said: count, acknowledged } = counts
    const said: Said = { sender: name, run: this.#run, topic, count, acknowledged }
    const began = this.#now()
    this.#underWay++
    try {
      await send(write(said))
      counts.acknowledged = Math.max(counts.acknowledged, count)
      this.#check(topic).acknowledged(said, this.#now())
      metrics.add('recado_client_operations_total', 1, { code: 'ok' })
      metrics.observe('recado_client_operation_duration_seconds', (this.#now() - began) / 1000)
    } catch (error) {
      const code = error instanceof RecadoError ? error.code : 'internal'
      metrics.add('recado_client_operations_total', 1, { code })
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'An operation failed')
    } finally {
      this.#underWay--
    }
  }

  /** The check of a channel, of one's own messages (`@name`), or of those that one sent to another (`@other`). */
  #check(topic: string): Check {
    const known = this.#checks.get(topic)
    if (known !== undefined) return known
    const check = new Check(topic, (kind, fields) => {
      this.#options.metrics.add('recado_client_findings_total', 1, { kind })
      this.#options.log.error({ kind, topic, ...fields }, 'What came is not what was sent')
    })
    this.#checks.set(topic, check)
    return check
  }

  #review(): void {
    const { metrics, log } = this.#options
    let expected = 0
    for (const check of this.#checks.values()) {
      check.review(this.#now())
      expected += check.expected
    }
    metrics.set('recado_client_expected_messages', expected)
    for (const [label, subscription] of this.#subscriptions) {
      const { repaired } = subscription.counts
      const before = this.#repaired.get(label) ?? 0
      if (repaired === before) continue
      this.#repaired.set(label, repaired)
      metrics.add('recado_client_repaired_total', repaired - before)
      log.debug({ messages: repaired - before }, 'Repaired a gap from history')
    }
  }

  #meet(item: Received): void {
    if (item.user === this.#options.name || this.#others.size >= OTHERS_MAX) return
    if (read(item.message) !== undefined) this.#others.add(item.user)
  }

  async #skipSent(): Promise<void> {
    for (let more = true; more && !this.#stopping.signal.aborted; ) more = (await this.#sentPage()).more
  }

  /** Reads one's direct messages from where one was, to see that those one sent are there. */
  #lookForSent(): void {
    if (this.#lookingForSent) return
    this.#lookingForSent = true
    const look = async (): Promise<void> => {
      for (let pages = 0; pages < SENT_PAGES; pages++) {
        const { messages, more } = await this.#sentPage()
        for (const message of messages) {
          if (
            message.user === this.#options.name &&
            message.to !== undefined &&
            message.to !== message.user
          ) {
            this.#check(`@${message.to}`).received(message, this.#now())
          }
        }
        if (!more) return
      }
    }
    look()
      .catch((error: unknown) => this.#options.log.debug({ err: error }, 'Cannot read the sent messages'))
      .finally(() => {
        this.#lookingForSent = false
      })
      .catch(() => {})
  }

  async #sentPage(): Promise<Awaited<ReturnType<Client['history']>>> {
    const { client, name } = this.#options
    const page = await client.history({ user: name }, { after: this.#sentCursor, limit: PAGE })
    this.#sentCursor = page.next
    return page
  }

  #now(): number {
    return this.#options.time.monotonic()
  }
}
