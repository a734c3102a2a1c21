import type { RecadoError, ReplyData, Request } from '../wire/index.ts'
import type { Exchange } from './exchange.ts'
import type { Call } from './services/index.ts'

/** What a call needs of its server. */
export interface CallOwner {
  /** A call is answered: counts it, and puts the reply into its exchange. */
  answered(call: RequestCall, data: ReplyData): void
}

/** One request under way: answered once, and its connection's next one released once. */
export class RequestCall implements Call {
  readonly request: Request
  readonly exchange: Exchange
  /** Its place in its body. */
  readonly index: number
  /** Monotonic ms. */
  readonly began: number
  /** It has its place in the order: the connection's next request may begin. */
  readonly accepted: () => void
  answered = false
  user: string | undefined
  readonly #owner: CallOwner

  constructor(
    owner: CallOwner,
    request: Request,
    exchange: Exchange,
    index: number,
    began: number,
    release: () => void,
  ) {
    this.#owner = owner
    this.request = request
    this.exchange = exchange
    this.index = index
    this.began = began
    this.accepted = release
  }

  ok(data?: Readonly<Record<string, unknown>>): void {
    this.#finish(data === undefined ? OK : { status: 'ok', ...data })
  }

  fail(error: RecadoError): void {
    this.#finish(errorData(error))
  }

  #finish(data: ReplyData): void {
    if (this.answered) return
    this.answered = true
    this.#owner.answered(this, data)
    this.accepted()
  }
}

const OK: ReplyData = { status: 'ok' }

export function errorData({ code, message, retryable }: RecadoError): ReplyData {
  return { status: 'error', code, message, retryable }
}
