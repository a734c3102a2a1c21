import { encodeReplies, type Reply, type ReplyData, type Request } from '../wire/index.ts'

/** One body of a client: a request, or a batch of them, and the replies so far. Done when all have theirs. */
export class Exchange {
  readonly #batch: boolean
  readonly #replies: (Reply | undefined)[]
  readonly #done: (body: Uint8Array) => void
  #missing: number

  constructor(count: number, batch: boolean, done: (body: Uint8Array) => void) {
    this.#batch = batch
    this.#replies = Array.from({ length: count })
    this.#missing = count
    this.#done = done
  }

  answer(
    index: number,
    request: Pick<Request, 'service' | 'id'>,
    data: ReplyData,
    clock: number,
    timestamp: number,
  ): void {
    if (this.#replies[index] !== undefined) return
    this.#replies[index] = { service: request.service, id: request.id, clock, timestamp, data }
    this.#missing--
    if (this.#missing === 0) this.#done(encodeReplies(this.#replies as Reply[], this.#batch))
  }
}
