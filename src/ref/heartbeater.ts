import type { LamportClock } from '../clocks/index.ts'
import { type Dealer, type Log, Ticker, type Time, type Timers } from '../ports/index.ts'
import {
  type ErrorCode,
  encode,
  type Heartbeat,
  type HeartbeatReply,
  isAbsurdClock,
  parseHeartbeatReply,
  parseReplies,
  type Request,
} from '../wire/index.ts'

const BEAT_MS = 1000
/** Between heartbeats while this process waits for what only ref can tell. */
const HURRIED_BEAT_MS = 200
const IDLE_MS = BEAT_MS / 2
/** Silence of all refs after which ref counts as away. */
const AWAY_MS = 3000
const DELIMITER = new Uint8Array()

export interface HeartbeaterOptions {
  /** Opens a link to the ref at `tcp://ip:port`. */
  readonly openDealer: (address: string) => Dealer
  readonly lamport: LamportClock
  /** Corrected time in ms. */
  readonly now: () => number
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  /** What this process says of itself now. */
  readonly describe: () => Heartbeat
  /** What ref shall hear of at once when it has changed, at the next `review`; asked often. */
  readonly urgent?: (() => string) | undefined
  /** Whether this process has what it needs from ref to do its work; until then it asks more often. */
  readonly settled: () => boolean
  readonly onReply: (reply: HeartbeatReply) => void
  /** Ref refused: `name_taken` when a newer process of this name runs (`incarnation` is its), `denied` by another cluster. */
  readonly onError: (code: ErrorCode, message: string, incarnation: number) => void
}

/** Tells every ref that this process lives, and hands on what they answer. Never waits for one. */
export class Heartbeater {
  readonly #options: HeartbeaterOptions
  readonly #dealers = new Map<string, Dealer>()
  readonly #ticker: Ticker
  #running = false
  #sent = 0
  #sentAt = Number.NEGATIVE_INFINITY
  #told = ''
  #answeredAt = 0
  #away = false

  constructor(options: HeartbeaterOptions) {
    this.#options = options
    this.#ticker = new Ticker({
      timers: options.timers,
      busyMs: HURRIED_BEAT_MS,
      idleMs: IDLE_MS,
      tick: () => this.#tick(),
    })
  }

  /** Whether no ref has answered for a while. */
  get away(): boolean {
    return this.#away
  }

  start(): void {
    this.#answeredAt = this.#options.time.monotonic()
    this.#running = true
    this.#ticker.start()
    if (this.#dealers.size > 0) this.beat()
  }

  /** These are the refs now, `tcp://ip:port`; links to those that are gone are closed. */
  set(addresses: readonly string[]): void {
    const { openDealer, log } = this.#options
    for (const [address, dealer] of this.#dealers) {
      if (addresses.includes(address)) continue
      this.#dealers.delete(address)
      dealer.close().catch((error: unknown) => log.warn({ err: error, address }, 'Cannot close a link'))
    }
    const added = addresses.filter((address) => !this.#dealers.has(address))
    for (const address of added) {
      const dealer = openDealer(address)
      dealer.receive((frames) => this.#received(frames))
      this.#dealers.set(address, dealer)
    }
    // A ref that was replaced knows nothing of this process yet.
    if (this.#running && added.length > 0) this.beat()
  }

  async stop(): Promise<void> {
    this.#ticker.stop()
    this.#running = false
    const dealers = [...this.#dealers.values()]
    this.#dealers.clear()
    await Promise.all(dealers.map((dealer) => dealer.close()))
  }

  /** To be called when what is urgent may have changed. */
  review(): void {
    if (this.#running && this.#hasNews()) this.beat()
  }

  /** Sends a heartbeat at once: something changed that ref should know. */
  beat(): void {
    const { time, lamport, now, describe, urgent } = this.#options
    const heartbeat = describe()
    this.#told = urgent?.() ?? ''
    this.#sentAt = time.monotonic()
    this.#sent++
    const request: Request = {
      service: 'heartbeat',
      id: String(this.#sent),
      clock: lamport.next(),
      timestamp: now(),
      data: { ...heartbeat },
    }
    const frames = [DELIMITER, encode(request)]
    for (const dealer of this.#dealers.values()) dealer.send(frames)
  }

  /** Whether this process waits for what only ref can tell. */
  #tick(): boolean {
    const { time, settled, log } = this.#options
    const now = time.monotonic()
    if (!this.#away && now - this.#answeredAt >= AWAY_MS) {
      this.#away = true
      log.warn(
        { ref: [...this.#dealers.keys()], silent_ms: Math.round(now - this.#answeredAt) },
        'Ref is away; going on without',
      )
    }
    const isHurried = !settled()
    // Half a tick early rather than a whole one late.
    if (now - this.#sentAt >= BEAT_MS - HURRIED_BEAT_MS / 2 || isHurried || this.#hasNews()) this.beat()
    return isHurried
  }

  #hasNews(): boolean {
    const { urgent } = this.#options
    return urgent !== undefined && urgent() !== this.#told
  }

  #received(frames: readonly Uint8Array[]): void {
    const { lamport, now, log, onReply, onError, time } = this.#options
    try {
      for (const reply of parseReplies(frames.at(-1) ?? DELIMITER)) {
        if (reply.service !== 'heartbeat' || isAbsurdClock(reply.clock, lamport.now, now())) continue
        lamport.receive(reply.clock)
        this.#answeredAt = time.monotonic()
        if (this.#away) log.info({}, 'Ref is back')
        this.#away = false
        // An answer too old to act on would tell of a world that has passed.
        if (this.#sent - Number(reply.id) > AWAY_MS / HURRIED_BEAT_MS) continue
        if (reply.data.status === 'ok') {
          const known = parseHeartbeatReply(reply.data)
          log.trace({ rank: known.rank, epoch: known.epoch, clock: lamport.now }, 'Heartbeat answered')
          onReply(known)
        } else {
          onError(reply.data.code, reply.data.message, reply.data.incarnation ?? 0)
        }
      }
    } catch (error) {
      log.debug({ err: error }, 'Dropped a malformed answer of ref')
    }
  }
}
