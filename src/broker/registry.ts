import type { Ready } from '../wire/index.ts'
import type { Connection } from './queue.ts'
import type { ServerLink } from './server-link.ts'

/** Strangers may not make the broker keep more registrations than this. */
const SERVERS_MAX = 1024
/** A stranger is asked to register no more often: the beats that it kept while it had no connection come all at once. */
const ASK_MS = 200

/** The servers that are registered, by the socket's name for them. */
export class Registry {
  readonly #servers = new Map<string, ServerLink>()
  /** When strangers were asked to register. */
  readonly #asked = new Map<string, number>()

  get(id: string): ServerLink | undefined {
    return this.#servers.get(id)
  }

  all(): Iterable<ServerLink> {
    return this.#servers.values()
  }

  add(server: ServerLink): void {
    this.#servers.set(server.id, server)
  }

  remove(server: ServerLink): void {
    this.#servers.delete(server.id)
  }

  /** Whether this one, which is not registered, shall be asked to do so now. */
  shallAsk(id: string, now: number): boolean {
    if (now - (this.#asked.get(id) ?? Number.NEGATIVE_INFINITY) < ASK_MS) return false
    if (this.#asked.size >= SERVERS_MAX) this.#asked.clear()
    this.#asked.set(id, now)
    return true
  }

  /** How many take requests. */
  get taking(): number {
    let count = 0
    for (const server of this.#servers.values()) if (!server.leaving) count++
    return count
  }

  /** The connection's server, while that lives and takes requests; else the one with the least to do. */
  for(connection: Connection): ServerLink | undefined {
    const { server } = connection
    if (server !== undefined && !server.leaving) return server
    const least = this.#least()
    if (server !== undefined) server.connections--
    connection.server = least
    if (least !== undefined) least.connections++
    return least
  }

  /** Whether this very registration has been taken. */
  knows(id: string, ready: Ready): boolean {
    const server = this.#servers.get(id)
    return (
      server !== undefined &&
      server.name === ready.name &&
      server.incarnation === ready.incarnation &&
      server.session === ready.session
    )
  }

  /** Why this registration cannot be taken. */
  objection(ready: Ready): string | undefined {
    for (const server of this.#servers.values()) {
      if (server.name !== ready.name) continue
      if (server.incarnation > ready.incarnation) return `A newer process of ${ready.name} is registered`
      if (server.incarnation === ready.incarnation && server.session > ready.session) {
        return `A newer registration of ${ready.name} is known`
      }
    }
    return this.#servers.size >= SERVERS_MAX ? 'Too many servers are registered' : undefined
  }

  /** Registrations that this one takes the place of. */
  replacedBy(id: string, ready: Ready): ServerLink[] {
    return [...this.#servers.values()].filter((server) => server.id === id || server.name === ready.name)
  }

  /** The one that takes requests and has the least to do; among equals the one with the fewest connections. */
  #least(): ServerLink | undefined {
    let least: ServerLink | undefined
    for (const each of this.#servers.values()) {
      if (each.leaving) continue
      const difference = least === undefined ? -1 : each.held.size - least.held.size
      if (difference < 0 || (difference === 0 && each.connections < (least as ServerLink).connections)) {
        least = each
      }
    }
    return least
  }
}
