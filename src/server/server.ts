import type { LamportClock } from '../clocks/index.ts'
import { type Chance, type Log, type Metrics, Ticker, type Time, type Timers } from '../ports/index.ts'
import { type Identity, Replica } from '../replication/index.ts'
import type { Store } from '../store/index.ts'
import {
  type Batch,
  checkClientClock,
  highestClockAt,
  parseRequests,
  type ReadonlyVector,
  RecadoError,
  type ReplyData,
  type Request,
} from '../wire/index.ts'
import { Acceptor } from './acceptor.ts'
import { Acknowledgements, type Level } from './acknowledgements.ts'
import { Brokers } from './brokers.ts'
import { type CallOwner, errorData, RequestCall } from './call.ts'
import { ServerDesk } from './desk.ts'
import { DiskSpace } from './disk-space.ts'
import { Exchange, tooMuch } from './exchange.ts'
import { Gate } from './gate.ts'
import { Breath, Lanes } from './lanes.ts'
import type { UserOptions } from './logins.ts'
import { Publications } from './publications.ts'
import { RequestCounts } from './request-counts.ts'
import { SERVICES } from './services/index.ts'
import { statusOf } from './status.ts'
import { OfThisTurn } from './turn.ts'

/** Between two looks at what is due: while requests are under way, and otherwise. */
const TICK_MS = 50
const IDLE_TICK_MS = 500
/** Own operations that are not published yet, and bytes of their messages; beyond it clients are told `overloaded`. */
const UNPUBLISHED_MAX = 65_536
const UNPUBLISHED_BYTES_MAX = 64 * 1024 * 1024
/** No start shall begin at a clock that others, whose time is a little behind, find absurd. */
const CLOCK_ROOM_MS = 10_000
/** Requests of one body that are served before others have their turn, or one page of history: some ms of work. */
const AT_ONCE_MAX = 128
/** Requests under way, over all brokers. */
const UNDER_WAY_MAX = 65_536

export interface ServerOptions {
  readonly identity: Identity
  readonly acks: Level
  readonly ackDeadlineMs: number
  readonly messageBytesMax: number
  readonly heartbeatTimeoutMs: number
  /** The share of the disk that must stay free for new operations to be taken. */
  readonly diskReserve: number
  readonly store: Store
  readonly lamport: LamportClock
  /** Corrected time in ms. */
  readonly now: () => number
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  readonly toBroker: (broker: string, frames: Uint8Array[]) => boolean
  readonly toPeer: (name: string, frames: Uint8Array[]) => boolean
  readonly publishToAll: (topic: string, body: Uint8Array) => void
  readonly publishTo: (proxy: string, topic: string, body: Uint8Array) => void
  readonly connectPeers: (addresses: ReadonlyMap<string, string>) => void
  /** What `status` tells beside the rest: clocks and their offsets. */
  readonly clockStatus: () => Readonly<Record<string, unknown>>
  /** In secured mode: what proves who a user is. */
  readonly users?: UserOptions | undefined
  /** What `replica.condition` and `accepting` tell may have changed. */
  readonly changed: () => void
  /** This process must end. */
  readonly fail: (error: RecadoError) => void
}

/** One server: accepts, orders, stores, replicates, acknowledges, publishes. A state machine; its ports do the rest. */
export class Server {
  readonly replica: Replica
  readonly brokers: Brokers
  readonly #options: ServerOptions
  readonly #acceptor: Acceptor
  readonly #acknowledgements = new Acknowledgements()
  readonly #publications: Publications
  readonly #lanes = new Lanes()
  readonly #desk: ServerDesk
  readonly #gate: Gate | undefined
  readonly #owner: CallOwner = {
    serve: (call) => this.#serve(call),
    released: (call) => this.#lanes.released(call.exchange.connection, call),
    answered: (call, data) => this.#answered(call, data),
  }
  readonly #counts: RequestCounts
  #underWay = 0
  readonly #turn: OfThisTurn<{ accepting: boolean; now: number; monotonic: number }>
  #diskFull = false
  readonly #space: DiskSpace
  #stopping = false
  readonly #ticker: Ticker

  constructor(options: ServerOptions) {
    this.#options = options
    this.#counts = new RequestCounts(options.metrics)
    this.#turn = new OfThisTurn(options.timers, () => ({
      accepting: this.accepting,
      now: options.now(),
      monotonic: options.time.monotonic(),
    }))
    const now = (): number => this.#turn.value.now
    this.#space = new DiskSpace(options)
    this.#ticker = new Ticker({
      timers: options.timers,
      busyMs: TICK_MS,
      idleMs: IDLE_TICK_MS,
      tick: () => this.#tick(),
    })
    this.replica = new Replica({
      ...options,
      pendingClock: () => this.#acceptor.pendingClock,
      events: {
        committed: (changes) => this.#committed(changes),
        changed: () => this.#changed(),
        superseded: (incarnation) => this.#superseded(incarnation),
      },
    })
    const asked = options.acks === 'one' ? 'one' : 'quorum'
    this.#acceptor = new Acceptor({
      ...options,
      now,
      distribute: (batch) => this.#distribute(batch),
      confirmed: () => this.replica.reached(asked, this.replica.ownStream),
    })
    this.#publications = new Publications({
      timers: options.timers,
      now: () => options.time.monotonic(),
      reached: (level) => this.replica.reached(level, this.replica.ownStream),
      publish: options.publishToAll,
      membersOf: (channel) => options.store.membersOf(channel),
    })
    this.#desk = new ServerDesk({
      ...options,
      replica: this.replica,
      acceptor: this.#acceptor,
      acknowledgements: this.#acknowledgements,
      publications: this.#publications,
      now: () => this.#turn.value.monotonic,
      refusal: () => this.#refusal(),
      status: () => this.status(),
      logins: () => this.#gate,
    })
    const { users } = options
    this.#gate = users && new Gate({ ...options, ...users, desk: this.#desk, acceptor: this.#acceptor })
    this.brokers = new Brokers({
      ...options,
      accepting: () => this.accepting,
      request: (connection, body, done) => this.#request(connection, body, done),
    })
  }

  start(): void {
    this.replica.start()
    this.#ticker.start()
  }

  /** Takes leave of the brokers: no new requests come, what is under way is still answered. */
  retire(): void {
    this.#stopping = true
    this.brokers.review()
  }

  /** Ends all timers. What was accepted is in the store; closing that is its owner's. */
  stop(): void {
    this.#acceptor.flush()
    this.#ticker.stop()
    this.replica.stop()
  }

  /** Requests that have no answer yet. */
  get underWay(): number {
    return this.#underWay
  }

  get accepting(): boolean {
    return this.replica.accepting && !this.#stopping && !this.#diskFull && !this.#space.low
  }

  /** The store flushed these. */
  flushed(changes: ReadonlyVector): void {
    this.#acceptor.retry()
    for (const [stream, seq] of changes) this.#acknowledgements.reached('one', stream, seq)
    this.replica.flushed(changes)
    this.#publications.advance()
    this.#acceptor.advance()
  }

  /** The disk is full, or has room again. */
  diskFull(full: boolean): void {
    this.#diskFull = full
    if (full)
      this.#options.log.error({}, 'The disk is full: nothing is accepted or acknowledged until there is room')
    else this.#options.log.warn({}, 'The disk has room again')
    this.#changed()
  }

  fromBroker(broker: string, frames: readonly Uint8Array[]): void {
    this.#noticeStall()
    this.brokers.receive(broker, frames)
  }

  fromPeer(frames: readonly Uint8Array[]): void {
    this.#noticeStall()
    this.replica.inbox.fromPeer(frames)
  }

  fromTopic(topic: string, body: Uint8Array): void {
    this.#noticeStall()
    this.replica.inbox.fromTopic(topic, body)
  }

  /** Why this server is not ready, or undefined. */
  get unready(): string | undefined {
    const { replica } = this
    if (replica.voting.epoch === 0) return 'No list of voters yet: waiting for ref or a peer'
    if (replica.condition.state === 'joining') return `Catching up: ${replica.toCatchUp} operations to go`
    if (replica.condition.state === 'leaving') return 'Leaving'
    if (this.#diskFull || this.#space.low) return 'Too little room on the disk'
    if (!replica.majorityLive) return 'No majority of the servers is heard: nothing can be acknowledged'
    return replica.accepting ? undefined : 'Waiting to be counted by the other voters'
  }

  status(): Readonly<Record<string, unknown>> {
    return statusOf(this.replica, this.#options, this.unready)
  }

  #request(connection: string, body: Uint8Array, done: (reply: Uint8Array) => void): void {
    const arrivedAt = this.#options.time.monotonic()
    const { requests, batch } = parseRequests(body)
    const exchange = new Exchange({ connection, arrivedAt, count: requests.length, batch, done })
    let atOnce = 0
    for (const [index, request] of requests.entries()) {
      if (atOnce >= AT_ONCE_MAX) {
        this.#breathe(connection)
        atOnce = 0
      }
      atOnce += request.service === 'history' ? AT_ONCE_MAX : 1
      if ('error' in request) this.#reply(exchange, index, request, errorData(request.error))
      else this.#lanes.run(connection, new RequestCall(this.#owner, request, exchange, index))
    }
  }

  /** What is behind it counts as under way meanwhile. */
  #breathe(connection: string): void {
    this.#underWay++
    const over = (): void => {
      this.#underWay--
      this.#noticeStall()
    }
    this.#lanes.run(connection, new Breath(this.#lanes, connection, this.#options.timers, over))
  }

  #serve(call: RequestCall): void {
    const { request, exchange } = call
    const { lamport, log } = this.#options
    this.#underWay++
    this.#ticker.hurry()
    try {
      if (this.#underWay > UNDER_WAY_MAX)
        throw new RecadoError('overloaded', 'Too many requests are under way; try again')
      if (exchange.full) throw tooMuch()
      checkClientClock(request.clock, lamport.now, this.#turn.value.now)
      const service = SERVICES.get(request.service)
      if (service === undefined)
        throw new RecadoError('unknown_service', `There is no service "${request.service}"`)
      call.user = this.#gate?.authorise(request)
      // Nobody drives the clock on who has proved nothing; who logs in has not yet.
      if (this.#gate === undefined || call.user !== undefined) lamport.receive(request.clock)
      service(call, this.#desk)
    } catch (error) {
      if (!(error instanceof RecadoError)) log.error({ err: error }, 'A service failed')
      call.fail(
        error instanceof RecadoError
          ? error
          : new RecadoError('internal', 'The server failed at this request'),
      )
    }
  }

  #answered(call: RequestCall, data: ReplyData): void {
    const { time } = this.#options
    const { request, exchange, index } = call
    this.#underWay--
    if (call.user !== undefined) this.#gate?.ended(call.user)
    const service = SERVICES.has(request.service) ? request.service : 'unknown'
    this.#counts.add(
      service,
      data.status === 'ok' ? 'ok' : data.code,
      (time.monotonic() - exchange.arrivedAt) / 1000,
    )
    this.#reply(exchange, index, request, data)
  }

  #reply(exchange: Exchange, index: number, request: Pick<Request, 'service' | 'id'>, data: ReplyData): void {
    exchange.answer(index, request, data, this.#options.lamport.next(), this.#turn.value.now)
  }

  #refusal(): RecadoError | undefined {
    if (!this.#accepts || this.#acceptor.stuck) {
      return new RecadoError(
        'unavailable',
        `${this.unready ?? 'The server is stopping or its disk is behind'}; try again`,
      )
    }
    const { size, bytes } = this.#publications
    if (size >= UNPUBLISHED_MAX || bytes >= UNPUBLISHED_BYTES_MAX) {
      return new RecadoError(
        'overloaded',
        'Too many operations wait for a majority of the servers; try again',
      )
    }
    return undefined
  }

  /** All of it is looked at once in a turn of the loop, and what may change meanwhile each time. */
  get #accepts(): boolean {
    const isUp = this.#turn.value.accepting && this.replica.condition.state === 'up'
    return isUp && !this.#stopping && !this.#diskFull && !this.#space.low
  }

  #distribute(batch: Batch): void {
    this.replica.distribute(batch)
    const { log, lamport } = this.#options
    if (!log.enabled('debug')) return
    const [first, last] = [batch.clockAt(0), batch.lastClock]
    const fields = {
      first_seq: batch.firstSeq,
      operations: batch.count,
      first_clock: first,
      last_clock: last,
    }
    log.debug({ ...fields, clock: lamport.now }, 'Accepted and sent to the others')
  }

  #committed(changes: ReadonlyVector): void {
    for (const [stream, seq] of changes) this.#acknowledgements.reached('quorum', stream, seq)
    this.#publications.advance()
    this.#acceptor.advance()
    const { log } = this.#options
    if (log.enabled('debug')) log.debug({ confirmed: Object.fromEntries(changes) }, 'A majority has on disk')
  }

  #changed(): void {
    for (const stream of this.#acknowledgements.streams('all')) {
      this.#acknowledgements.reached('all', stream, this.replica.reached('all', stream))
    }
    this.brokers.review()
    this.#options.changed()
  }

  /** Whether anything may be due before long. */
  #tick(): boolean {
    this.#noticeStall()
    const now = this.#options.time.monotonic()
    if (this.#space.look(now)) this.#changed()
    this.#options.lamport.look(now, highestClockAt(this.#options.now() - CLOCK_ROOM_MS))
    this.#acknowledgements.expire(now)
    this.#publications.advance()
    this.#acceptor.retry()
    this.brokers.beat()
    this.#counts.flush()
    this.#measure()
    return this.#underWay > 0 || this.#publications.size > 0 || this.#acceptor.stuck
  }

  #noticeStall(): void {
    if (this.replica.noticeStall()) this.brokers.startAnew()
  }

  #measure(): void {
    const { metrics, store, lamport, identity } = this.#options
    metrics.set('recado_server_coordinator', this.replica.coordinator === identity.name ? 1 : 0)
    metrics.set('recado_unacknowledged_operations', this.#acknowledgements.size)
    metrics.set('recado_unpublished_operations', this.#publications.size)
    metrics.set('recado_lamport_clock', lamport.now)
    metrics.set('recado_final_clock', store.finalClock)
  }

  #superseded(incarnation: number): void {
    const { name } = this.#options.identity
    this.#options.fail(
      new RecadoError(
        'superseded',
        `A newer process of "${name}" runs (incarnation ${incarnation}); this one ends`,
      ),
    )
  }
}
