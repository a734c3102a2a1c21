import type { OkData, RecadoError, Request } from '../wire/index.ts'

export type Data = Readonly<Record<string, unknown>>

/** What a request is made of, and who waits for its answer. */
interface Asked {
  readonly number: number
  readonly id: string
  readonly service: string
  readonly data: Data
  /** Bytes of the message in it. */
  readonly bytes: number
  /** Monotonic ms. */
  readonly deadline: number
  /** What the answer says to them. */
  readonly read: (data: OkData) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A request under way, with what it has when it is sent. */
export class Pending implements Request {
  readonly number: number
  readonly id: string
  readonly service: string
  readonly bytes: number
  readonly deadline: number
  data: Data
  clock = 0
  timestamp = 0
  state: 'waiting' | 'sent' | 'resting' | 'settled' = 'waiting'
  /** Monotonic ms: when it was sent, or how long it rests. */
  at = 0
  attempts = 0
  /** Why it was not served when it was asked last. */
  error: RecadoError | undefined
  /** The token that it was sent with last, and how often it was refused for its token. */
  token: string | undefined
  renewals = 0
  readonly #read: Asked['read']
  readonly #resolve: Asked['resolve']
  readonly #reject: Asked['reject']
  #forget: (() => void) | undefined

  constructor(asked: Asked) {
    this.number = asked.number
    this.id = asked.id
    this.service = asked.service
    this.data = asked.data
    this.bytes = asked.bytes
    this.deadline = asked.deadline
    this.#read = asked.read
    this.#resolve = asked.resolve
    this.#reject = asked.reject
  }

  /** Calls back when the signal aborts before it is settled. */
  watch(signal: AbortSignal, abort: () => void): void {
    signal.addEventListener('abort', abort, { once: true })
    this.#forget = () => signal.removeEventListener('abort', abort)
  }

  /** It is sent now, by whom this token shows. */
  stamp(clock: number, timestamp: number, token: string | undefined): void {
    this.clock = clock
    this.timestamp = timestamp
    if (token === this.token) return
    this.token = token
    this.data = { ...this.data, token }
  }

  resolve(ok: OkData): void {
    this.#settle()
    try {
      this.#resolve(this.#read(ok))
    } catch (error) {
      this.#reject(error)
    }
  }

  reject(error: unknown): void {
    this.#settle()
    this.#reject(error)
  }

  #settle(): void {
    this.state = 'settled'
    this.#forget?.()
  }
}
