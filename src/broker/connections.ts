import { Connection } from './queue.ts'
import type { ServerLink } from './server-link.ts'

/** Beyond so many the idle ones are forgotten at once. */
const CONNECTIONS_MAX = 65_536
/** Connections that have nothing under way are forgotten after this; a client that comes back is a new one. */
const IDLE_MS = 60_000
const IDLE_CHECK_MS = 5000

/** The clients' connections, by the socket's name for them. */
export class Connections {
  readonly #connections = new Map<string, Connection>()
  #count = 0
  #checkedAt = Number.NEGATIVE_INFINITY

  /** The connection of this name, a new one if there is none; undefined when there are too many that are busy. */
  use(id: string, now: number): Connection | undefined {
    let connection = this.#connections.get(id)
    if (connection === undefined) {
      if (this.#connections.size >= CONNECTIONS_MAX) this.#forget(now)
      if (this.#connections.size >= CONNECTIONS_MAX) return undefined
      this.#count++
      connection = new Connection(id, this.#count)
      this.#connections.set(id, connection)
    }
    connection.usedAt = now
    return connection
  }

  /**
   * It has ended. Whoever comes under its name next is another, who is to hear nothing that was meant for it; its bounds
   * stay, for a peer can say this of itself. Undefined when nothing of it is known.
   */
  end(id: string): Connection | undefined {
    const connection = this.#connections.get(id)
    if (connection !== undefined) connection.epoch++
    return connection
  }

  /** To be called often. */
  forgetIdle(now: number): void {
    if (now - this.#checkedAt < IDLE_CHECK_MS) return
    this.#checkedAt = now
    this.#forget(now - IDLE_MS)
  }

  /** Takes this server's connections from it, and tells those of them that have something to send. */
  leave(server: ServerLink): Connection[] {
    const left: Connection[] = []
    for (const connection of this.#connections.values()) {
      if (connection.server !== server) continue
      connection.server = undefined
      if (connection.waiting.length > 0) left.push(connection)
    }
    return left
  }

  #forget(usedBefore: number): void {
    for (const [id, connection] of this.#connections) {
      if (!connection.isIdle || connection.usedAt > usedBefore) continue
      if (connection.server !== undefined) connection.server.connections--
      this.#connections.delete(id)
    }
  }
}
