import { Ticker } from '../ports/index.ts'
import {
  type BackendHead,
  encodeBackendHead,
  parseBackendHead,
  type Ready,
  RecadoError,
  splitBodies,
} from '../wire/index.ts'
import { Connections } from './connections.ts'
import { type Read, readMessage } from './envelope.ts'
import { Gathering } from './gathering.ts'
import { Holdings } from './holdings.ts'
import { Liveness } from './liveness.ts'
import type { BrokerOptions } from './options.ts'
import { Pace } from './pace.ts'
import type { Body, Connection } from './queue.ts'
import { Refusals } from './refusals.ts'
import { Registry } from './registry.ts'
import { Restricted } from './restricted.ts'
import { ServerLink } from './server-link.ts'
import { OLD, Standstill } from './standstill.ts'

/** Between two looks at what is due: while bodies wait or a server is late, and otherwise. */
const TICK_MS = 50
const IDLE_TICK_MS = 500
/** Bodies in one message to a server, and their bytes: the server begins with the first while the others come. */
const OUTGOING_MAX = 512
const OUTGOING_BYTES_MAX = 64 * 1024
/** Bodies of one connection that go before it is another's turn, while credit is scarce. */
const TURN = 32
/** Bodies given up in one tick: telling so many clients takes time that the others need. */
const EXPIRIES_MAX = 4096
/** Tags begin at the time in ms times this, so that none of a former life of this broker is ever used again. */
const TAGS_PER_MS = 1000
const LATE = 'No server answered in time; the same id again tells the outcome'

/** Passes clients' requests to living servers and the replies back. A state machine; its ports do the rest. */
export class Broker {
  readonly #options: BrokerOptions
  readonly #connections = new Connections()
  readonly #servers = new Registry()
  readonly #pace: Pace
  readonly #gathering: Gathering
  readonly #refusals: Refusals
  readonly #holdings: Holdings
  readonly #standstill: Standstill
  /** Bodies with lower numbers are from before the last standstill: they are given to no server any more. */
  #oldUntil = 0
  /** Connections with bodies that have no server to go to. */
  readonly #homeless = new Set<Connection>()
  readonly #restricted = new Restricted()
  #tag = 0
  #received = 0
  #scheduled = false
  readonly #liveness: Liveness
  readonly #ticker: Ticker

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#pace = new Pace(options.time)
    this.#gathering = new Gathering({
      time: options.time,
      timers: options.timers,
      give: (connections) => {
        this.#wake()
        for (const connection of connections) this.#dispatch(connection)
      },
    })
    this.#refusals = new Refusals({ ...options, pace: this.#pace })
    this.#holdings = new Holdings(options)
    this.#standstill = new Standstill(options.unread ?? (() => false))
    this.#tag = Math.floor(options.time.wall()) * TAGS_PER_MS
    this.#liveness = new Liveness({
      servers: this.#servers,
      lose: (server) => this.#lose(server, 'silent'),
      beat: ({ id, session }) => this.#say(id, { kind: 'beat', registered: true, session }),
    })
    this.#ticker = new Ticker({
      timers: options.timers,
      busyMs: TICK_MS,
      idleMs: IDLE_TICK_MS,
      tick: () => this.#tick(),
    })
  }

  start(): void {
    const now = this.#options.time.monotonic()
    this.#liveness.start(now)
    this.#standstill.start(now)
    this.#ticker.start()
  }

  stop(): void {
    this.#ticker.stop()
  }

  /** Servers that take requests. */
  get servers(): number {
    return this.#servers.taking
  }

  /** Bodies that wait for a server or its answer. */
  get outstanding(): number {
    return this.#holdings.size
  }

  /** Frames as a REQ socket sends them, without the connection's name: perhaps more envelope, an empty frame, a body. */
  fromClient(id: string, frames: readonly Uint8Array[]): void {
    this.#received++
    const now = this.#wake()
    const read = readMessage(frames)
    // Not even answered: the answer would carry the envelope.
    if (read === undefined) {
      this.#refusals.drop(id, frames, now)
      return this.#refusals.count('bad_request')
    }
    const { envelope, bytes, objection } = read
    if (objection !== undefined) return this.#turnAway(id, read, objection, now)
    if (this.#standstill.objection !== undefined)
      return this.#refuse(id, envelope, bytes, this.#standstill.objection)
    const connection = this.#connections.use(id, now)
    if (connection === undefined || this.#holdings.isFull(connection, bytes.byteLength)) {
      if (connection !== undefined) this.#restricted.add(connection, now)
      const what = 'Too many requests wait at the broker; send less and try again'
      return this.#turnAway(id, read, new RecadoError('overloaded', what), now)
    }
    const body = this.#holdings.add(connection, envelope, bytes, now + this.#options.requestDeadlineMs)
    connection.waiting.push(body)
    if (this.#pace.taken(id, bytes.byteLength, now)) this.#gathering.begin(connection, now)
    this.#ticker.hurry()
    this.#dispatch(connection)
  }

  /** Its connection has ended. What no server has yet is dropped: whoever sent it asks again by another, and may be far ahead by then. */
  clientGone(id: string): void {
    this.#pace.refused(id, 0, this.#wake())
    const connection = this.#connections.end(id)
    if (connection === undefined) return
    for (const body of connection.waiting.splice(0)) this.#holdings.finish(body)
    this.#homeless.delete(connection)
  }

  /** For how many ms nothing of clients shall be taken now. */
  takeRest(): number {
    return this.#pace.takeRest()
  }

  fromServer(id: string, [head = new Uint8Array(), bodies]: readonly Uint8Array[]): void {
    const now = this.#wake()
    try {
      this.#take(id, now, parseBackendHead(head), bodies)
    } catch (error) {
      this.#refusals.count('bad_request')
      this.#options.log.debug({ err: error }, 'Refused a message at the port for servers')
    }
  }

  #take(id: string, now: number, head: BackendHead, bodies: Uint8Array | undefined): void {
    const server = this.#servers.get(id)
    if (server !== undefined) server.heardAt = now
    switch (head.kind) {
      case 'ready':
        return this.#register(id, head)
      case 'beat':
        if (server !== undefined || !this.#servers.shallAsk(id, now)) return
        return this.#say(id, { kind: 'beat', registered: false })
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
      this.#refusals.count('denied')
      return this.#say(id, { kind: 'refused', message: `This broker belongs to the cluster ${cluster}` })
    }
    if (!this.#servers.knows(id, ready)) {
      const message = this.#servers.objection(ready)
      if (message !== undefined) return this.#say(id, { kind: 'refused', message })
      for (const former of this.#servers.replacedBy(id, ready)) this.#lose(former, 'registered anew')
      this.#servers.add(new ServerLink(id, ready, time.monotonic()))
      metrics.set('recado_broker_servers', this.servers)
      log.info({ server: ready.name, incarnation: ready.incarnation }, 'A server registered')
    }
    this.#say(id, { kind: 'beat', registered: true, session: ready.session })
    const homeless = [...this.#homeless]
    this.#homeless.clear()
    for (const connection of homeless) this.#dispatch(connection)
  }

  #leave(server: ServerLink): void {
    server.leaving = true
    this.#options.log.info({ server: server.name, held: server.held.size }, 'A server takes nothing new')
    this.#options.metrics.set('recado_broker_servers', this.servers)
    server.takeBack()
    if (server.held.size === 0) return this.#lose(server, 'left')
    const stalled = [...server.stalled]
    server.stalled.clear()
    for (const connection of stalled) this.#dispatch(connection)
  }

  #replies(server: ServerLink, tags: readonly number[], bodies: readonly Uint8Array[]): void {
    tags.forEach((tag, index) => {
      const body = server.held.get(tag)
      // An answer to what was passed on or given up comes too late.
      if (body === undefined) return
      server.release(body)
      const { connection } = body
      const answer = bodies[index] as Uint8Array
      connection.share.answered(body.cost, answer.byteLength, server.share)
      if (!body.expired) {
        this.#holdings.finish(body)
        if (body.epoch === connection.epoch) this.#options.toClient(connection.id, [...body.envelope, answer])
      }
      if (connection.waiting.length === 0) return
      if (!server.leaving) server.stalled.add(connection)
      else if (connection.outstanding === 0) this.#dispatch(connection)
    })
    this.#feed(server)
  }

  /** The server has credit again, or has nothing left to do before it goes. */
  #feed(server: ServerLink): void {
    if (server.leaving) {
      if (server.held.size === 0) this.#lose(server, 'left')
      return
    }
    for (const connection of server.stalled) {
      if (!server.hasCredit) return
      server.stalled.delete(connection)
      const waited = connection.waiting.length
      this.#dispatch(connection, TURN)
      const { length } = connection.waiting
      // Added behind the others, so that this loop comes to it again. Who has its share waits for its answers.
      if (length > 0 && length < waited) server.stalled.add(connection)
    }
  }

  /** Gives the connection's bodies to its server, as far as that has credit. */
  #dispatch(connection: Connection, most = Number.POSITIVE_INFINITY): void {
    if (this.#gathering.holds(connection)) return
    for (let count = 0; count < most && connection.waiting.length > 0; count++) {
      const body = connection.waiting[0] as Body
      if (body.number < this.#oldUntil) {
        connection.waiting.shift()
        this.#giveUp(body, OLD)
        continue
      }
      // The answers that it waits for bring it here again.
      if (connection.held) return
      const server = this.#servers.for(connection)
      if (server === undefined) {
        this.#homeless.add(connection)
        return
      }
      if (!server.hasCredit) {
        server.stalled.add(connection)
        return
      }
      if (!server.admits(body)) return
      this.#tag++
      connection.waiting.shift()
      server.give(this.#tag, body)
      if (server.outgoing.length >= OUTGOING_MAX || server.outgoingBytes >= OUTGOING_BYTES_MAX) {
        this.#send(server)
      } else {
        this.#schedule()
      }
    }
  }

  /** A server is gone: what it did not answer goes to others, each connection's in its order. */
  #lose(server: ServerLink, reason: string): void {
    const { log, metrics } = this.#options
    this.#servers.remove(server)
    const { living, left } = server.takeAll()
    for (const body of left) this.#holdings.finish(body)
    let passedOn = 0
    for (const [connection, bodies] of living) {
      for (const { number } of bodies) if (number >= this.#oldUntil) passedOn++
      connection.waiting = [...bodies, ...connection.waiting]
    }
    metrics.set('recado_broker_servers', this.servers)
    metrics.add('recado_broker_passed_on_total', passedOn)
    log.info({ server: server.name, reason, passed_on: passedOn }, 'A server is gone')
    for (const connection of this.#connections.leave(server)) this.#dispatch(connection)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      this.#wake()
      for (const server of this.#servers.all()) this.#send(server)
    })
  }

  #send(server: ServerLink): void {
    if (server.outgoing.length === 0) return
    const { head, bytes } = server.takeRequests()
    this.#say(server.id, head, bytes)
  }

  /** To be called before anything is done: monotonic ms. Notices when this process stood still. */
  #wake(): number {
    const now = this.#options.time.monotonic()
    const stood = this.#standstill.notice(now)
    if (stood > 0) this.#forgetOld(now, stood)
    return now
  }

  /** What no server has had so far its client may have asked elsewhere, and be told. What a server has is that one's. */
  #forgetOld(now: number, stood: number): void {
    this.#options.log.warn(
      { stood_ms: Math.round(stood) },
      'This broker stood still; clients are to ask again',
    )
    this.#oldUntil = this.#holdings.arrived
    for (const server of this.#servers.all()) server.takeBack()
    this.#expire(now)
    this.#ticker.hurry()
  }

  #giveUp(body: Body, what: string): void {
    const { connection, epoch, envelope, bytes } = body
    if (epoch === connection.epoch)
      this.#refuse(connection.id, envelope, bytes, new RecadoError('unavailable', what))
    this.#holdings.finish(body)
  }

  /** Refuses what should not have been sent, so that more of it comes later. `now`: when it was taken. */
  #turnAway(id: string, { envelope, bytes, rest }: Read, error: RecadoError, now: number): void {
    this.#refuse(id, envelope, bytes, error)
    this.#refusals.drop(id, rest, now)
  }

  #refuse(id: string, envelope: readonly Uint8Array[], bytes: Uint8Array, error: RecadoError): void {
    this.#refusals.refuse(bytes, error, (reply) => this.#options.toClient(id, [...envelope, reply]))
  }

  #say(id: string, head: BackendHead, bodies?: Uint8Array): void {
    this.#options.toServer(
      id,
      bodies === undefined ? [encodeBackendHead(head)] : [encodeBackendHead(head), bodies],
    )
  }

  /** Whether anything may be due before long. */
  #tick(): boolean {
    const { metrics } = this.#options
    const now = this.#wake()
    this.#standstill.look(now)
    const isLate = this.#liveness.look(now, this.#ticker.periodMs)
    this.#expire(now)
    this.#releaseAbandoned(now)
    for (const connection of this.#restricted.refill(now)) this.#dispatch(connection)
    this.#connections.forgetIdle(now)
    metrics.add('recado_broker_requests_total', this.#received)
    this.#received = 0
    metrics.set('recado_broker_outstanding', this.#holdings.size)
    if (isLate || this.#standstill.isCatchingUp) return true
    return this.#holdings.size > 0 || this.#holdings.abandoned > 0 || this.#restricted.size > 0
  }

  #expire(now: number): void {
    let count = 0
    for (const body of this.#holdings.all()) {
      const isDue = body.deadline <= now
      if ((!isDue && body.number >= this.#oldUntil) || count >= EXPIRIES_MAX) return
      if (!isDue && body.server !== undefined) continue
      count++
      const { connection } = body
      if (body.server !== undefined) this.#holdings.abandon(body)
      else connection.waiting.splice(connection.waiting.indexOf(body), 1)
      if (connection.waiting.length === 0) this.#homeless.delete(connection)
      this.#giveUp(body, isDue ? LATE : OLD)
    }
  }

  /** What a living server has not answered for as long again was lost on its way: it costs no credit any more. */
  #releaseAbandoned(now: number): void {
    for (const body of this.#holdings.takeAbandoned(now - this.#options.requestDeadlineMs)) {
      const { server, connection } = body
      if (server === undefined) continue
      server.release(body)
      if (connection.waiting.length > 0) this.#dispatch(connection)
      this.#feed(server)
    }
  }
}
