import type { Connection } from './queue.ts'

/** Connections that are served slowly: they sent more than may wait, or have ended and left something that waits. */
export class Restricted {
  readonly #connections = new Set<Connection>()

  get size(): number {
    return this.#connections.size
  }

  add(connection: Connection, now: number): void {
    connection.share.restrict(now)
    this.#connections.add(connection)
  }

  /** To be called at a steady pace: gives each a little, and tells which they are. */
  refill(now: number): Connection[] {
    const refilled = [...this.#connections]
    for (const connection of refilled) {
      if (connection.isLeft) connection.share.restrict(now)
      if (!connection.share.refill(now)) this.#connections.delete(connection)
    }
    return refilled
  }
}
