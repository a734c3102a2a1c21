import { LamportClock } from '../clocks/index.ts'
import type { Cancel, Chance, Dealer, Time, Timers } from '../ports/index.ts'
import {
  CLIENT_LIMITS,
  CLIENT_WINDOW,
  encodeRequests,
  isAbsurdClock,
  messageBytes,
  type OkData,
  parseReplies,
  RecadoError,
  type Reply,
} from '../wire/index.ts'
import { type Data, Pending } from './pending.ts'
import { Renewal } from './renewal.ts'
import { Window } from './window.ts'

/** Requests that wait for the window; beyond it callers are told `overloaded`. */
const WAITING_MAX = 16_384
const WAITING_BYTES_MAX = 64 * 1024 * 1024
const TICK_MS = 50
/** Nothing at all was heard for so long: another broker is tried. */
const SILENCE_MS = 3000
/** One request's answer is overdue for so long, while others come: it is sent again. */
const RESEND_MS = 4000
const BACKOFF_MS = 50
const BACKOFF_MAX_MS = 2000
const RENEWALS_MAX = 3
const EMPTY = new Uint8Array()
/** Requests in one body: the first of a thousand are served while the last are still being written. */
const BATCH = 128
/** Bytes of messages and what stands about them in one body, well below what a frame may have. */
const BATCH_BYTES = CLIENT_LIMITS.frameBytes / 2
const REQUEST_BYTES = 512
/** What goes into arrays. An array is answered when all in it is, so what may wait long goes alone. */
const BATCHED: ReadonlySet<string> = new Set(['publish', 'message'])

export interface RequestsOptions {
  /** Opens a socket to the clients' port of a broker. */
  readonly open: (address: string) => Dealer
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  /** How long a request is tried, unless it says otherwise. */
  readonly deadlineMs: number
}

export interface RequestOptions {
  /** Ends the waiting with the signal's reason; whether the request was served stays unknown. */
  readonly signal?: AbortSignal
  /** How long it is tried before it fails as `unavailable`. */
  readonly timeoutMs?: number
}

/**
 * Requests under way to one of several brokers. What is asked within one turn goes out as one array; a request is
 * tried with the same id until its deadline; at most CLIENT_WINDOW are sent beyond the oldest unanswered one.
 * That a retry counts once rests on it, and it bounds these alone: whoever else is the same user is not known here.
 */
export class Requests {
  readonly #options: RequestsOptions
  readonly #prefix: string
  readonly #pending = new Window<Pending>()
  /** What goes out next: the first as far as the window lets it, and the second before it in any case. */
  #new: Pending[] = []
  #again: Pending[] = []
  #bytes = 0
  readonly #clock = new LamportClock()
  /** Its session's token is what all requests but logins carry. */
  readonly renewal = new Renewal<Pending>(
    (pending) => this.#sendAgain(pending),
    (pending, error) => this.#fail(pending, error),
  )
  #addresses: readonly string[] = []
  #turn = 0
  #dealer: Dealer | undefined
  #address: string | undefined
  #heardAt = 0
  #scheduled = false
  #cancelTick: Cancel | undefined
  #closed = false

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#prefix = randomName(options.chance)
    this.#turn = Math.floor(options.chance.next() * 1024)
  }

  /** A publication with this clock has been received. A clock that no honest server has counted up to is passed over. */
  heard(clock: number): void {
    if (!isAbsurdClock(clock, this.#clock.now, this.#options.time.wall())) this.#clock.receive(clock)
  }

  /** Requests without an answer. */
  get size(): number {
    return this.#pending.size
  }

  /** The broker in use. */
  get address(): string | undefined {
    return this.#address
  }

  /** These are the brokers now. The one in use is kept while it is among them. */
  setBrokers(addresses: readonly string[]): void {
    this.#addresses = addresses
    if (this.#address !== undefined && !addresses.includes(this.#address)) this.#moveOn()
    this.#schedule()
  }

  /**
   * Asks a service and waits for its answer.
   * @throws RecadoError of the answer's code; `unavailable` at the deadline, `overloaded` when too many wait,
   * `too_large` when it fits in no frame. The signal's reason when that aborts.
   */
  call(service: string, data: Data, options: RequestOptions = {}): Promise<OkData> {
    return this.ask(service, data, options, (ok) => ok)
  }

  /** Like `call`, and resolves with what `read` makes of the answer: no further promise, where there are many. */
  ask<Value>(
    service: string,
    data: Data,
    options: RequestOptions,
    read: (ok: OkData) => Value,
  ): Promise<Value> {
    return new Promise<unknown>((resolve, reject) => {
      const { signal, timeoutMs = this.#options.deadlineMs } = options
      signal?.throwIfAborted()
      const bytes = messageBytes(data)
      this.#admit(bytes)
      const number = this.#pending.next
      const id = `${this.#prefix}-${number.toString(36)}`
      const deadline = this.#now() + timeoutMs
      const pending = new Pending({ number, id, service, data, bytes, deadline, read, resolve, reject })
      if (signal !== undefined) pending.watch(signal, () => this.#fail(pending, signal.reason))
      this.#bytes += bytes
      this.#pending.add(pending)
      // What fills the window may wait for the token that a login brings.
      if (service === 'login') this.#again.push(pending)
      else this.#new.push(pending)
      this.#cancelTick ??= this.#options.timers.every(TICK_MS, () => this.#tick())
      this.#schedule()
    }) as Promise<Value>
  }

  /** @throws RecadoError `unavailable` once it is closed */
  checkOpen(): void {
    if (this.#closed) throw closedError()
  }

  /** Fails what is under way and closes the socket. */
  async close(): Promise<void> {
    this.#closed = true
    for (const pending of this.#pending) this.#fail(pending, closedError())
    this.#cancelTick?.()
    const dealer = this.#dealer
    this.#dealer = undefined
    await dealer?.close()
  }

  #now(): number {
    return this.#options.time.monotonic()
  }

  #admit(bytes: number): void {
    this.checkOpen()
    if (bytes > CLIENT_LIMITS.frameBytes) {
      throw new RecadoError('too_large', `The message has ${bytes} bytes, more than one frame may hold`)
    }
    const { next, oldest } = this.#pending
    if (next - oldest >= CLIENT_WINDOW + WAITING_MAX || this.#bytes + bytes > WAITING_BYTES_MAX) {
      throw new RecadoError('overloaded', 'Too many requests wait for answers; await some of them first')
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      if (!this.#closed) this.#flush()
    })
  }

  /** Sends what waits and lies within the window, what was sent before first. */
  #flush(): void {
    let batch: Pending[] = []
    let bytes = 0
    for (const pending of this.#takeSendable()) {
      if (!BATCHED.has(pending.service)) {
        this.#send([pending])
        continue
      }
      const size = pending.bytes + REQUEST_BYTES
      if (batch.length === BATCH || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
        this.#send(batch)
        batch = []
        bytes = 0
      }
      batch.push(pending)
      bytes += size
    }
    this.#send(batch)
  }

  #takeSendable(): Pending[] {
    if (this.#connected() === undefined) return []
    const sendable = this.#again.filter((pending) => pending.state === 'waiting')
    this.#again = []
    const last = this.#pending.oldest + CLIENT_WINDOW
    let taken = 0
    for (const pending of this.#new) {
      if (pending.number > last) break
      taken++
      if (pending.state === 'waiting') sendable.push(pending)
    }
    this.#new = taken === this.#new.length ? [] : this.#new.slice(taken)
    return sendable
  }

  #send(batch: readonly Pending[]): void {
    const [first] = batch
    if (first === undefined) return
    const timestamp = Math.floor(this.#options.time.wall())
    for (const pending of batch) {
      const token = pending.service === 'login' ? undefined : this.renewal.session?.token
      pending.stamp(this.#clock.next(), timestamp, token)
    }
    const body = encodeRequests(batch)
    if (body.byteLength > CLIENT_LIMITS.frameBytes) return this.#refuse(batch, body.byteLength)
    const sent = this.#connected()?.send([EMPTY, body]) === true
    const now = this.#now()
    for (const pending of batch) {
      if (sent) {
        pending.state = 'sent'
        pending.at = now
      } else this.#rest(pending)
    }
  }

  /** What fits in no frame by itself fails; of several each may fit. */
  #refuse(batch: readonly Pending[], bytes: number): void {
    if (batch.length > 1) for (const pending of batch) this.#send([pending])
    else if (batch[0] !== undefined) {
      this.#fail(batch[0], new RecadoError('too_large', `The request has ${bytes} bytes, too many`))
    }
  }

  /** The socket to the broker in use; opens one if there is none. */
  #connected(): Dealer | undefined {
    if (this.#dealer !== undefined) return this.#dealer
    if (this.#addresses.length === 0) return undefined
    const address = this.#addresses[this.#turn % this.#addresses.length] as string
    const dealer = this.#options.open(address)
    dealer.receive((frames) => {
      if (dealer === this.#dealer) this.#receive(frames)
    })
    dealer.onReconnect?.(() => {
      if (dealer === this.#dealer) this.#sendAllAgain()
    })
    this.#address = address
    this.#dealer = dealer
    this.#heardAt = this.#now()
    return dealer
  }

  /** Leaves the broker in use for the next one; what it has not answered is sent again. */
  #moveOn(): void {
    const dealer = this.#dealer
    this.#dealer = undefined
    this.#address = undefined
    this.#turn++
    dealer?.close().catch(() => {})
    this.#sendAllAgain()
  }

  /** The connection that they went by is gone, and the answers with it. */
  #sendAllAgain(): void {
    for (const pending of this.#pending) if (pending.state === 'sent') this.#sendAgain(pending)
  }

  #receive(frames: readonly Uint8Array[]): void {
    this.#heardAt = this.#now()
    let replies: readonly Reply[]
    try {
      replies = parseReplies(frames.at(-1) ?? EMPTY)
    } catch {
      // Not an answer of ours; what waits for one is sent again.
      return
    }
    for (const reply of replies) this.#take(reply)
    if (this.#new.length > 0) this.#schedule()
  }

  #take(reply: Reply): void {
    this.#clock.receive(reply.clock)
    const pending = this.#pending.get(Number.parseInt(reply.id.slice(this.#prefix.length + 1), 36))
    if (pending === undefined || pending.id !== reply.id) return
    const { data } = reply
    if (data.status === 'ok') {
      this.#forget(pending)
      return pending.resolve(data)
    }
    const error = new RecadoError(data.code, data.message, { retryable: data.retryable })
    if (data.code === 'not_logged_in' && pending.token !== undefined && pending.renewals++ < RENEWALS_MAX) {
      pending.state = 'resting'
      pending.at = Number.POSITIVE_INFINITY
      return this.renewal.await(pending, pending.token)
    }
    if (!data.retryable) return this.#fail(pending, error)
    pending.error = error
    if (pending.state === 'sent') this.#rest(pending)
  }

  #rest(pending: Pending): void {
    const backoff = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** pending.attempts)
    pending.attempts = Math.min(pending.attempts + 1, 16)
    pending.state = 'resting'
    pending.at = this.#now() + backoff * (0.5 + this.#options.chance.next())
  }

  #sendAgain(pending: Pending): void {
    if (pending.state === 'settled') return
    pending.state = 'waiting'
    this.#again.push(pending)
    this.#schedule()
  }

  #tick(): void {
    const now = this.#now()
    let firstSent = Number.POSITIVE_INFINITY
    for (const pending of this.#pending) {
      if (now >= pending.deadline) this.#fail(pending, pending.error ?? this.#silent())
      else if (pending.state === 'resting' && now >= pending.at) this.#sendAgain(pending)
      else if (pending.state === 'sent') {
        if (now - pending.at >= RESEND_MS) this.#sendAgain(pending)
        else firstSent = Math.min(firstSent, pending.at)
      }
    }
    if (now - Math.max(this.#heardAt, firstSent) >= SILENCE_MS) this.#moveOn()
    if (this.#pending.size === 0) {
      this.#cancelTick?.()
      this.#cancelTick = undefined
    }
  }

  #silent(): RecadoError {
    const broker = this.#address ?? (this.#addresses.join(', ') || 'any broker')
    return new RecadoError('unavailable', `No answer from ${broker} in time; see that it runs and try again`)
  }

  #fail(pending: Pending, error: unknown): void {
    if (pending.state === 'settled') return
    this.#forget(pending)
    pending.reject(error)
    if (this.#new.length > 0) this.#schedule()
  }

  #forget(pending: Pending): void {
    this.#bytes -= pending.bytes
    this.#pending.delete(pending.number)
  }
}

function closedError(): RecadoError {
  return new RecadoError('unavailable', 'The client is closed')
}

/** 16 letters and digits, about 82 bits: no two clients of a user draw the same. */
function randomName(chance: Chance): string {
  return Array.from({ length: 16 }, () => Math.floor(chance.next() * 36).toString(36)).join('')
}
