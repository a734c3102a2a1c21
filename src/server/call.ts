import type { RecadoError, ReplyData, Request } from '../wire/index.ts'
import type { Exchange } from './exchange.ts'
import type { Task } from './lanes.ts'
import type { Call } from './services/index.ts'

/** What a call needs of its server. */
export interface CallOwner {
  serve(call: RequestCall): void
  /** A call has its place in the order, or none. */
  released(call: RequestCall): void
  /** A call is answered: counts it, and puts the reply into its exchange. */
  answered(call: RequestCall, data: ReplyData): void
}

/** One request under way: answered once, and its connection's next one released once. */
export class RequestCall implements Call, Task {
  readonly request: Request
  readonly exchange: Exchange
  /** Its place in its body. */
  readonly index: number
  answered = false
  released = false
  user: string | undefined
  readonly #owner: CallOwner

  constructor(owner: CallOwner, request: Request, exchange: Exchange, index: number) {
    this.#owner = owner
    this.request = request
    this.exchange = exchange
    this.index = index
  }

  begin(): void {
    this.#owner.serve(this)
  }

  accepted(): void {
    if (this.released) return
    this.released = true
    this.#owner.released(this)
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
