import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { ApiServer, Credentials } from './access.ts'

/** Files are looked at again after so long; tokens are replaced hours before they end. */
const KEEP_MS = 30_000
/** An idle connection is given up before the API server gives it up (after 90 s): else a request may meet its end. */
const IDLE_MS = 45_000
const IDLE_CONNECTIONS = 4

export interface Access {
  readonly agent: HttpAgent
  readonly headers: Readonly<Record<string, string>>
}

/** One kept set of connections to the API server, made anew when the certificates behind it change. */
export class Connections {
  readonly #server: ApiServer
  #agent: HttpAgent | undefined
  #madeFor = ''
  #known: Promise<Access> | undefined
  #knownAt = 0

  constructor(server: ApiServer) {
    this.#server = server
  }

  /** Rejects when a file cannot be read. */
  access(): Promise<Access> {
    const now = performance.now()
    if (this.#known !== undefined && now - this.#knownAt < KEEP_MS) return this.#known
    const known = this.#read()
    this.#known = known
    this.#knownAt = now
    known.catch(() => {
      if (this.#known === known) this.#known = undefined
    })
    return known
  }

  /** The API server did not accept the credentials: look at the files again. */
  refused(): void {
    this.#known = undefined
  }

  close(): void {
    this.#agent?.destroy()
  }

  async #read(): Promise<Access> {
    const { headers, tls, agent } = await this.#server.credentials()
    return { headers, agent: agent ?? this.#agentFor(tls) }
  }

  #agentFor(tls: Credentials['tls']): HttpAgent {
    const wanted = JSON.stringify(tls)
    if (this.#agent !== undefined && this.#madeFor === wanted) return this.#agent
    if (this.#agent !== undefined) endIdle(this.#agent)
    const options = { keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, timeout: IDLE_MS }
    this.#agent =
      this.#server.url.protocol === 'http:' ? new HttpAgent(options) : new HttpsAgent({ ...options, ...tls })
    this.#madeFor = wanted
    return this.#agent
  }
}

/** What is under way on the old connections may end there. */
function endIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
