import { requestsIn } from '../wire/index.ts'
import { PassingMap } from './passing-map.ts'
import { type Body, type Connection, newBody } from './queue.ts'

/** Bytes of bodies that wait here: of one connection, and of all. */
const CLIENT_BYTES_MAX = 64 * 1024 * 1024
const QUEUE_BYTES_MAX = 512 * 1024 * 1024

export interface HoldingsOptions {
  /** Requests that one connection may have here before another body of its is `overloaded`. */
  readonly clientQueue: number
  /** Bodies of all connections; beyond it `overloaded`. */
  readonly queue: number
  /** Nobody needs these bytes any more: who gives them back at once spares the collector work. */
  readonly letGo?: (bytes: Uint8Array) => void
}

/** All bodies that have no answer, by their numbers, in the order of their arrival, and how many and how large they are. */
export class Holdings {
  readonly #options: HoldingsOptions
  readonly #bodies = new PassingMap<number, Body>()
  /** Bodies that were given up while a server had them, in the order of their deadlines. */
  #abandoned: Body[] = []
  #arrived = 0
  #bytes = 0

  constructor(options: HoldingsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#bodies.size
  }

  get abandoned(): number {
    return this.#abandoned.length
  }

  /** The number of the next body to come: those that are here have lower ones. */
  get arrived(): number {
    return this.#arrived
  }

  /** Oldest first. */
  all(): Iterable<Body> {
    return this.#bodies.values()
  }

  /** Whether the connection may have no further body of this size here. */
  isFull(connection: Connection, size: number): boolean {
    const { clientQueue, queue } = this.#options
    return (
      connection.requests >= clientQueue ||
      this.#bodies.size >= queue ||
      connection.bytes + size > CLIENT_BYTES_MAX ||
      this.#bytes + size > QUEUE_BYTES_MAX
    )
  }

  add(connection: Connection, envelope: readonly Uint8Array[], bytes: Uint8Array, deadline: number): Body {
    const body = newBody(this.#arrived++, connection, envelope, bytes, requestsIn(bytes), deadline)
    this.#bodies.set(body.number, body)
    this.#count(body, 1)
    return body
  }

  /** The body has its answer, whatever that is. Servers have had copies. */
  finish(body: Body): void {
    this.#bodies.delete(body.number)
    this.#count(body, -1)
    this.#options.letGo?.(body.bytes)
  }

  /** Its client is told that the deadline passed; the server that has it may still answer. */
  abandon(body: Body): void {
    body.expired = true
    this.#abandoned.push(body)
  }

  /** Takes those whose deadlines had passed by then. */
  takeAbandoned(until: number): Body[] {
    const end = this.#abandoned.findIndex(({ deadline }) => deadline > until)
    return this.#abandoned.splice(0, end === -1 ? this.#abandoned.length : end)
  }

  #count({ connection, requests, bytes }: Body, sign: 1 | -1): void {
    this.#bytes += sign * bytes.byteLength
    connection.requests += sign * requests
    connection.bytes += sign * bytes.byteLength
  }
}
