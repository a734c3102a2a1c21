import {
  encode,
  encodeReplies,
  joinReplies,
  RecadoError,
  type Reply,
  type ReplyData,
  type Request,
} from '../wire/index.ts'

/**
 * Bytes that the answers to one body hold: well below what a frame between our processes may have. A frame beyond that
 * would cut this server off from its broker, whoever asked.
 */
const ANSWERS_BYTES_MAX = 4 * 1024 * 1024

export interface ExchangeOptions {
  readonly connection: string
  readonly arrivedAt: number
  /** How many requests the body holds, and whether they are in an array. */
  readonly count: number
  readonly batch: boolean
  readonly done: (body: Uint8Array) => void
}

/** One body of a client: a request, or a batch of them, and the replies so far. Done when all have theirs. */
export class Exchange {
  /** The same for all of one client's connection. */
  readonly connection: string
  /** Monotonic ms. */
  readonly arrivedAt: number
  readonly #batch: boolean
  /** Those that can be large are encoded when they are given: all of a body's at once would hold up whoever waits. */
  readonly #replies: (Reply | Uint8Array | undefined)[]
  readonly #done: (body: Uint8Array) => void
  #missing: number
  #bytes = 0
  #full = false

  constructor(options: ExchangeOptions) {
    const { connection, arrivedAt, count, batch, done } = options
    this.connection = connection
    this.arrivedAt = arrivedAt
    this.#batch = batch
    this.#replies = Array.from({ length: count })
    this.#missing = count
    this.#done = done
  }

  /** Whether an answer did not fit: what else is asked for in this body need not be looked up. */
  get full(): boolean {
    return this.#full
  }

  /** Answers the request at `index`; with `overloaded` instead when the answers to this body are too large together. */
  answer(
    index: number,
    request: Pick<Request, 'service' | 'id'>,
    data: ReplyData,
    clock: number,
    timestamp: number,
  ): void {
    if (this.#replies[index] !== undefined) return
    const { service, id } = request
    const reply = { service, id, clock, timestamp, data }
    this.#replies[index] = holdsList(data) ? this.#fitted(reply) : reply
    this.#missing--
    if (this.#missing === 0) this.#done(this.#body(this.#replies as (Reply | Uint8Array)[]))
  }

  #body(replies: readonly (Reply | Uint8Array)[]): Uint8Array {
    return replies.every(isReply) ? encodeReplies(replies, this.#batch) : joinReplies(replies, this.#batch)
  }

  /** Only lists can be large; other answers are not worth measuring. */
  #fitted(reply: Reply): Reply | Uint8Array {
    if (!this.#full) {
      const bytes = encode(reply)
      this.#bytes += bytes.byteLength
      this.#full = this.#bytes > ANSWERS_BYTES_MAX
      if (!this.#full) return bytes
    }
    return { ...reply, data: TOO_MUCH }
  }
}

function isReply(reply: Reply | Uint8Array): reply is Reply {
  return !(reply instanceof Uint8Array)
}

function holdsList(data: ReplyData): boolean {
  for (const key in data) if (Array.isArray(data[key as keyof ReplyData])) return true
  return false
}

export function tooMuch(): RecadoError {
  return new RecadoError(
    'overloaded',
    'The answers to one body are too large together; ask for less at a time',
  )
}

const { code, message, retryable } = tooMuch()
const TOO_MUCH: ReplyData = { status: 'error', code, message, retryable }
