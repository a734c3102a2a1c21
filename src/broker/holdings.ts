import { PassingMap } from './passing-map.ts'
import { type Body, type Connection, newBody } from './queue.ts'

/** Bytes of bodies that wait here: of one connection, and of all. */
const CLIENT_BYTES_MAX = 64 * 1024 * 1024
const QUEUE_BYTES_MAX = 512 * 1024 * 1024

export interface HoldingsOptions {
  /** Bodies that one connection may have here; beyond it `overloaded`. */
  readonly clientQueue: number
  /** Bodies of all connections; beyond it `overloaded`. */
  readonly queue: number
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
      connection.size >= clientQueue ||
      this.#bodies.size >= queue ||
      connection.bytes + size > CLIENT_BYTES_MAX ||
      this.#bytes + size > QUEUE_BYTES_MAX
    )
  }

  add(connection: Connection, envelope: readonly Uint8Array[], bytes: Uint8Array, deadline: number): Body {
    const body = newBody(this.#arrived++, connection, envelope, bytes, deadline)
    this.#bodies.set(body.number, body)
    this.#bytes += bytes.byteLength
    connection.bytes += bytes.byteLength
    return body
  }

  /** The body has its answer, whatever that is. */
  finish(body: Body): void {
    this.#bodies.delete(body.number)
    this.#bytes -= body.bytes.byteLength
    body.connection.bytes -= body.bytes.byteLength
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
}
