import type { LamportClock } from '../clocks/index.ts'
import type { Cancel, Log, Metrics, Time, Timers } from '../ports/index.ts'
import {
  type BackendHead,
  CLIENT_LIMITS,
  encode,
  errorReply,
  parseBackendHead,
  type Ready,
  RecadoError,
  splitBodies,
} from '../wire/index.ts'
import { type Body, Connection } from './queue.ts'
import { ServerLink } from './server-link.ts'

const TICK_MS = 50
const BEAT_MS = 250
/** A server that says nothing for so long is taken for dead, or frozen: what it holds goes to another. */
const SILENCE_MS = 1500
/** Connections that have nothing under way are forgotten after this; a client that comes back is a new one. */
const IDLE_MS = 60_000
const IDLE_CHECK_MS = 5000
/** Bodies in one message to a server. */
const OUTGOING_MAX = 512

export interface BrokerOptions {
  readonly cluster: string
  /** Bodies that one connection may have here; beyond it `overloaded`. */
  readonly clientQueue: number
  /** Bodies of all connections; beyond it `overloaded`. */
  readonly queue: number
  readonly requestDeadlineMs: number
  readonly lamport: LamportClock
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly toClient: (connection: string, frames: Uint8Array[]) => void
  readonly toServer: (server: string, frames: Uint8Array[]) => void
}

/** Passes clients' requests to living servers and the replies back. A state machine; its ports do the rest. */
export class Broker {
  readonly #options: BrokerOptions
  readonly #connections = new Map<string, Connection>()
  /** By the socket's name for them. */
  readonly #servers = new Map<string, ServerLink>()
  /** All bodies that have no answer, in the order of their arrival. */
  readonly #bodies = new Set<Body>()
  /** Connections with bodies that no server could take. */
  readonly #stalled = new Set<Connection>()
  readonly #outgoing = new Set<ServerLink>()
  #connectionCount = 0
  #tag = 0
  #scheduled = false
  #beatAt = Number.NEGATIVE_INFINITY
  #idleAt = Number.NEGATIVE_INFINITY
  #tickedAt = 0
  #cancel: Cancel = () => {}

  constructor(options: BrokerOptions) {
    this.#options = options
  }

  start(): void {
    this.#tickedAt = this.#options.time.monotonic()
    this.#cancel = this.#options.timers.every(TICK_MS, () => this.#tick())
  }

  stop(): void {
    this.#cancel()
  }

  /** Servers that take requests. */
  get servers(): number {
    return [...this.#servers.values()].filter((server) => !server.leaving).length
  }

  /** Bodies that wait for a server or its answer. */
  get outstanding(): number {
    return this.#bodies.size
  }

  /** Frames as a REQ socket sends them, without the connection's name: perhaps more envelope, an empty frame, a body. */
  fromClient(id: string, frames: readonly Uint8Array[]): void {
    this.#options.metrics.add('recado_broker_requests_total')
    const delimiter = frames.findIndex((frame) => frame.byteLength === 0)
    const envelope = frames.slice(0, delimiter + 1)
    const bytes = frames[delimiter + 1] ?? new Uint8Array()
    if (delimiter === -1 || frames.length !== delimiter + 2) {
      const what =
        'A request is an empty frame and one body; use a REQ socket, or a DEALER that sends the empty frame'
      return this.#refuse(id, envelope, bytes, new RecadoError('bad_request', what))
    }
    if (bytes.byteLength > CLIENT_LIMITS.frameBytes) {
      const what = `The request has ${bytes.byteLength} bytes, ${CLIENT_LIMITS.frameBytes} are allowed`
      return this.#refuse(id, envelope, bytes, new RecadoError('too_large', what))
    }
    const connection = this.#connection(id)
    const { clientQueue, queue, time, requestDeadlineMs } = this.#options
    if (connection.size >= clientQueue || this.#bodies.size >= queue) {
      const what = 'Too many requests wait at the broker; send less and try again'
      return this.#refuse(id, envelope, bytes, new RecadoError('overloaded', what))
    }
    connection.usedAt = time.monotonic()
    const body = {
      connection,
      envelope,
      bytes,
      deadline: connection.usedAt + requestDeadlineMs,
      expired: false,
    }
    this.#bodies.add(body)
    connection.waiting.push(body)
    this.#dispatch(connection)
  }

  fromServer(id: string, frames: readonly Uint8Array[]): void {
    try {
      this.#take(id, parseBackendHead(frames[0] ?? new Uint8Array()), frames[1])
    } catch (error) {
      this.#options.metrics.add('recado_broker_refused_total', 1, { code: 'bad_request' })
      this.#options.log.debug({ err: error }, 'Refused a message at the port for servers')
    }
  }

  #take(id: string, head: BackendHead, bodies: Uint8Array | undefined): void {
    const server = this.#servers.get(id)
    if (server !== undefined) server.heardAt = this.#options.time.monotonic()
    switch (head.kind) {
      case 'ready':
        return this.#register(id, head)
      case 'beat':
        if (server === undefined) this.#say(id, { kind: 'beat', registered: false })
        return
      case 'replies':
        if (server !== undefined) this.#replies(server, head.tags, splitBodies(bodies, head.lengths))
        return
      case 'bye':
        if (server !== undefined) this.#leave(server)
        return
      default:
    }
  }

  #register(id: string, ready: Ready): void {
    const { cluster, log, metrics, time } = this.#options
    if (ready.cluster !== cluster) {
      metrics.add('recado_broker_refused_total', 1, { code: 'denied' })
      return this.#say(id, { kind: 'refused', message: `This broker belongs to the cluster ${cluster}` })
    }
    for (const server of this.#servers.values()) {
      if (server.name === ready.name && server.incarnation > ready.incarnation) {
        return this.#say(id, { kind: 'refused', message: `A newer process of ${ready.name} is registered` })
      }
    }
    for (const server of this.#servers.values()) {
      if (server.id === id || server.name === ready.name) this.#lose(server, 'registered anew')
    }
    const server = new ServerLink({ ...ready, id, heardAt: time.monotonic() })
    this.#servers.set(id, server)
    metrics.set('recado_broker_servers', this.servers)
    log.info({ server: ready.name, incarnation: ready.incarnation }, 'A server registered')
    this.#say(id, { kind: 'beat', registered: true })
    this.#dispatchStalled()
  }

  #leave(server: ServerLink): void {
    server.leaving = true
    this.#options.log.info({ server: server.name, held: server.held.size }, 'A server takes nothing new')
    this.#options.metrics.set('recado_broker_servers', this.servers)
    if (server.held.size === 0) this.#lose(server, 'left')
  }

  #replies(server: ServerLink, tags: readonly number[], bodies: readonly Uint8Array[]): void {
    tags.forEach((tag, index) => {
      const body = server.held.get(tag)
      // An answer to what was passed on or given up comes too late.
      if (body === undefined) return
      server.held.delete(tag)
      body.connection.outstanding--
      if (!body.expired) {
        this.#bodies.delete(body)
        this.#options.toClient(body.connection.id, [...body.envelope, bodies[index] as Uint8Array])
      }
      if (body.connection.waiting.length > 0) this.#dispatch(body.connection)
    })
    if (server.leaving && server.held.size === 0) this.#lose(server, 'left')
    this.#dispatchStalled()
  }

  /** Gives the connection's bodies to its server, as far as that has credit. */
  #dispatch(connection: Connection): void {
    while (connection.waiting.length > 0) {
      const server = this.#serverFor(connection)
      if (server === undefined || !server.hasCredit) {
        this.#stalled.add(connection)
        return
      }
      const body = connection.waiting.shift() as Body
      if (body.expired) continue
      this.#tag++
      server.held.set(this.#tag, body)
      connection.outstanding++
      server.outgoing.push({ tag: this.#tag, body })
      this.#outgoing.add(server)
      if (server.outgoing.length >= OUTGOING_MAX) this.#send(server)
      else this.#schedule()
    }
    this.#stalled.delete(connection)
  }

  #dispatchStalled(): void {
    const stalled = [...this.#stalled]
    for (const connection of stalled) this.#dispatch(connection)
  }

  /** Its server, while that lives and, if it is leaving, still owes answers; else the one with the least to do. */
  #serverFor(connection: Connection): ServerLink | undefined {
    const { server } = connection
    if (server !== undefined && !server.leaving) return server
    if (server !== undefined && connection.outstanding > 0) return undefined
    let least: ServerLink | undefined
    for (const each of this.#servers.values()) {
      if (each.leaving) continue
      const difference = least === undefined ? -1 : each.held.size - least.held.size
      if (difference < 0 || (difference === 0 && each.connections < (least as ServerLink).connections))
        least = each
    }
    if (server !== undefined) server.connections--
    connection.server = least
    if (least !== undefined) least.connections++
    return least
  }

  /** A server is gone: what it did not answer goes to others, each connection's in its order. */
  #lose(server: ServerLink, reason: string): void {
    const { log, metrics } = this.#options
    this.#servers.delete(server.id)
    this.#outgoing.delete(server)
    const returned = new Map<Connection, Body[]>()
    for (const body of server.held.values()) {
      body.connection.outstanding--
      if (body.expired) continue
      const bodies = returned.get(body.connection) ?? []
      returned.set(body.connection, bodies)
      bodies.push(body)
    }
    for (const connection of this.#connections.values()) {
      if (connection.server === server) connection.server = undefined
    }
    metrics.set('recado_broker_servers', this.servers)
    log.info({ server: server.name, reason, passed_on: server.held.size }, 'A server is gone')
    for (const [connection, bodies] of returned) {
      metrics.add('recado_broker_passed_on_total', bodies.length)
      connection.waiting = [...bodies, ...connection.waiting]
      this.#dispatch(connection)
    }
    this.#dispatchStalled()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      for (const server of this.#outgoing) this.#send(server)
    })
  }

  #send(server: ServerLink): void {
    this.#outgoing.delete(server)
    const { outgoing } = server
    if (outgoing.length === 0) return
    server.outgoing = []
    const head: BackendHead = {
      kind: 'requests',
      session: server.session,
      tags: outgoing.map(({ tag }) => tag),
      connections: outgoing.map(({ body }) => body.connection.number),
      lengths: outgoing.map(({ body }) => body.bytes.byteLength),
    }
    this.#say(server.id, head, Buffer.concat(outgoing.map(({ body }) => body.bytes)))
  }

  #connection(id: string): Connection {
    let connection = this.#connections.get(id)
    if (connection === undefined) {
      this.#connectionCount++
      connection = new Connection(id, this.#connectionCount)
      this.#connections.set(id, connection)
    }
    return connection
  }

  #refuse(id: string, envelope: readonly Uint8Array[], bytes: Uint8Array, error: RecadoError): void {
    const { lamport, time, metrics, toClient } = this.#options
    metrics.add('recado_broker_refused_total', 1, { code: error.code })
    toClient(id, [...envelope, errorReply(bytes, error, lamport.next(), Math.floor(time.wall()))])
  }

  #say(id: string, head: BackendHead, bodies?: Uint8Array): void {
    this.#options.toServer(id, bodies === undefined ? [encode(head)] : [encode(head), bodies])
  }

  #tick(): void {
    const now = this.#options.time.monotonic()
    // After this process itself stood still, nobody else may be taken for silent.
    const stood = now - this.#tickedAt > SILENCE_MS / 2
    this.#tickedAt = now
    for (const server of this.#servers.values()) {
      if (stood) server.heardAt = now
      if (now - server.heardAt > SILENCE_MS) this.#lose(server, 'silent')
    }
    this.#expire(now)
    if (now - this.#beatAt >= BEAT_MS) {
      this.#beatAt = now
      for (const id of this.#servers.keys()) this.#say(id, { kind: 'beat', registered: true })
    }
    if (now - this.#idleAt >= IDLE_CHECK_MS) {
      this.#idleAt = now
      this.#forgetIdle(now)
    }
    this.#options.metrics.set('recado_broker_outstanding', this.#bodies.size)
  }

  #expire(now: number): void {
    for (const body of this.#bodies) {
      if (body.deadline > now) return
      this.#bodies.delete(body)
      body.expired = true
      const what = 'No server answered in time; the same id again tells the outcome'
      this.#refuse(body.connection.id, body.envelope, body.bytes, new RecadoError('unavailable', what))
      const { waiting } = body.connection
      const at = waiting.indexOf(body)
      if (at >= 0) waiting.splice(at, 1)
    }
  }

  #forgetIdle(now: number): void {
    for (const [id, connection] of this.#connections) {
      if (connection.size > 0 || now - connection.usedAt < IDLE_MS) continue
      if (connection.server !== undefined) connection.server.connections--
      this.#connections.delete(id)
      this.#stalled.delete(connection)
    }
  }
}
