import type { Connection } from './queue.ts'

/** Connections that are served slowly, for they sent more than may wait. */
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
      if (!connection.share.refill(now)) this.#connections.delete(connection)
    }
    return refilled
  }
}
