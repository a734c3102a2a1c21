import { LamportClock } from '../clocks/index.ts'
import type { Cancel, Log, Metrics, Time, Timers } from '../ports/index.ts'
import {
  checkClientClock,
  checkProcessClock,
  covers,
  encodeReplies,
  type Heartbeat,
  type HeartbeatReply,
  LISTED_STATES,
  type MalformedRequest,
  parseHeartbeat,
  parseMembersReport,
  parseRequests,
  RecadoError,
  type Reply,
  type Request,
  readName,
  type ServerEntry,
  vectorFromObject,
} from '../wire/index.ts'
import { Lists } from './lists.ts'
import { Members } from './members.ts'
import { emptyRecord, parseRecord, type RecordFile, type RefRecord, renderRecord } from './record.ts'
import { heldByAny } from './voters.ts'

/** Every heartbeat is a review too. */
const REVIEW_MS = 1000

export interface RefOptions {
  readonly cluster: string
  readonly name: string
  /** The generation of its keys that this process has read. */
  readonly keyGeneration?: () => number | undefined
  /** Names wanted by the settings; empty when an operator tells them. */
  readonly servers: readonly string[]
  readonly file: RecordFile
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
}

/** The reference service: one body in, one body out, and nothing answered that is not on the disk. */
export class Ref {
  readonly #options: RefOptions
  readonly #record: RefRecord
  readonly #members: Members
  readonly #lists: Lists
  readonly #lamport = new LamportClock()
  #written: string
  /** State and lag of each server as the metrics have them. */
  readonly #measured = new Map<string, string>()
  #cancel: Cancel = () => {}

  /** @throws RecadoError `wrong_owner` when the file is another cluster's */
  constructor(options: RefOptions) {
    this.#options = options
    const { cluster, file, log, time } = options
    const bytes = file.read()
    const found = bytes === undefined ? undefined : parseRecord(bytes)
    if (bytes !== undefined && found === undefined) {
      log.warn({}, 'Cannot read ref_servers.json; learning ranks and voters from the servers')
    }
    if (found !== undefined && found.cluster !== cluster) {
      throw new RecadoError(
        'wrong_owner',
        `The data folder belongs to cluster "${found.cluster}"; give each its own`,
      )
    }
    this.#record = found ?? emptyRecord(cluster)
    this.#written = JSON.stringify(found ?? {})
    this.#members = new Members(time.monotonic())
    this.#lists = new Lists({ record: this.#record, members: this.#members, servers: options.servers, log })
  }

  start(): void {
    this.#cancel = this.#options.timers.every(REVIEW_MS, () => {
      this.#review()
      this.#measure()
    })
  }

  stop(): void {
    this.#cancel()
  }

  /** Answers a body; of these services only, if given. Never throws. */
  answer(body: Uint8Array, services?: ReadonlySet<string>): Uint8Array {
    const { requests, batch } = parseRequests(body)
    return encodeReplies(
      requests.map((request) => this.#reply(request, services)),
      batch,
    )
  }

  #reply(request: Request | MalformedRequest, services: ReadonlySet<string> | undefined): Reply {
    const { time, metrics, log } = this.#options
    const now = Math.floor(time.wall())
    const { service, id } = request
    let data: Reply['data']
    try {
      if ('error' in request) throw request.error
      if (services?.has(service) === false) throw this.#notHere(service)
      this.#checkClock(request, now)
      data = { status: 'ok', ...this.#serve(service, request.data) }
      // Nobody drives the clock on who is refused.
      this.#lamport.receive(request.clock)
    } catch (error) {
      if (!(error instanceof RecadoError)) log.error({ err: error, service }, 'Cannot serve a request')
      const known =
        error instanceof RecadoError ? error : new RecadoError('internal', 'A fault in ref; please report it')
      const { code, message, retryable } = known
      data = { status: 'error', code, message, retryable, ...(known instanceof Refusal ? known.details : {}) }
    }
    const code = data.status === 'ok' ? 'ok' : data.code
    const known = Object.hasOwn(SERVICES, service) ? service : 'unknown'
    metrics.add('recado_ref_requests_total', 1, { service: known, code })
    return { service, id, clock: this.#lamport.next(), timestamp: now, data }
  }

  /** Processes of this cluster are believed in what others took of a client by their own times; whoever else asks is a client. */
  #checkClock({ service, clock, data: { cluster } }: Request, now: number): void {
    const isOurs = OF_PROCESSES.has(service) && cluster === this.#options.cluster
    const check = isOurs ? checkProcessClock : checkClientClock
    check(clock, this.#lamport.now, now)
  }

  #serve(service: string, data: Request['data']): Record<string, unknown> {
    if (!Object.hasOwn(SERVICES, service)) {
      throw new RecadoError('unknown_service', `Ref has no service "${service}"`)
    }
    const { cluster } = data
    if (cluster !== undefined && cluster !== this.#options.cluster) {
      throw new RecadoError('denied', 'This ref serves another cluster; check REF and CLUSTER')
    }
    const answer = this[SERVICES[service as keyof typeof SERVICES]](data)
    return answer
  }

  #notHere(service: string): RecadoError {
    this.#options.log.warn({ audit: 'denied', service }, 'Denied a service that the port is not for')
    return new RecadoError('denied', `Service "${service}" is not for those who may connect to this port`)
  }

  /** @internal Service `rank`. */
  serveRank(data: Request['data']): Record<string, unknown> {
    const name = readName(data, 'name')
    this.#lists.review(this.#now)
    const wanted = this.#lists.wanted
    if (wanted !== undefined && !wanted.includes(name) && this.#record.ranks[name] === undefined) {
      throw new RecadoError('denied', `Server "${name}" is not among those wanted; add it to SERVERS`)
    }
    const rank = this.#lists.rankOf(name)
    if (rank === 0) throw new RecadoError('unavailable', 'Ref does not know the servers yet; try again')
    this.#save()
    return { rank, servers: this.#entries() }
  }

  /** @internal Service `list`. */
  serveList(): Record<string, unknown> {
    this.#review()
    this.#save()
    const { brokers, proxies, servers, epoch } = this.#view()
    const keys = this.#keys()
    return {
      servers,
      brokers,
      proxies,
      coordinator: this.#coordinator(),
      epoch,
      ...(Object.keys(keys).length > 0 && { keys }),
    }
  }

  /** Which generation of its keys each process has read, this one too. */
  #keys(): Record<string, number> {
    const { name, keyGeneration } = this.#options
    const own = keyGeneration?.()
    return { ...this.#members.keys(this.#now), ...(own !== undefined && { [`ref/${name}`]: own }) }
  }

  /** @internal Service `heartbeat`. */
  serveHeartbeat(data: Request['data']): Record<string, unknown> {
    const heartbeat = parseHeartbeat(data)
    this.#checkProcess(heartbeat)
    this.#members.hear(heartbeat, this.#now)
    this.#options.metrics.add('recado_ref_heartbeats_total', 1, { role: heartbeat.role })
    this.#lists.review(this.#now)
    const rank = heartbeat.role === 'server' ? this.#lists.rankOf(heartbeat.name) : 0
    if (heartbeat.role === 'server' && this.#record.ranks[heartbeat.name] !== undefined) {
      const { incarnation, uid } = heartbeat
      this.#record.processes[heartbeat.name] = { incarnation, ...(uid === undefined ? {} : { uid }) }
    }
    this.#save()
    return { ...this.#view(), rank }
  }

  /** @internal Service `members`. */
  serveMembers(data: Request['data']): Record<string, unknown> {
    const { term, sequence, wanted, pods } = parseMembersReport(data)
    const record = this.#record
    if (term < record.term || (term === record.term && sequence < record.sequence)) {
      const details = { term: record.term, sequence: record.sequence }
      throw new Refusal(
        'stale',
        `Report (${record.term}, ${record.sequence}) has been seen; send newer ones`,
        details,
      )
    }
    Object.assign(record, { term, sequence, wanted })
    this.#members.report(pods)
    this.#review()
    this.#save()
    return { term, sequence, servers: this.#entries(), epoch: record.voters.epoch }
  }

  /** @throws RecadoError `name_taken` when a newer process of this name has been heard */
  #checkProcess({ name, role, incarnation, uid }: Heartbeat): void {
    const known =
      this.#members.newest(role, name, this.#now) ??
      (role === 'server' ? this.#record.processes[name] : undefined)
    if (known === undefined || incarnation > known.incarnation) return
    if (incarnation === known.incarnation && uid === known.uid) return
    const details = { incarnation: known.incarnation }
    throw new Refusal('name_taken', `A newer process named "${name}" runs; give each its own NAME`, details)
  }

  #view(): HeartbeatReply {
    const { time } = this.#options
    const { confirmed } = this.#lists
    const { voters } = this.#record
    return {
      rank: 0,
      servers: this.#entries(),
      brokers: this.#members.addresses('broker', this.#now),
      proxies: this.#members.addresses('proxy', this.#now),
      ...(confirmed && voters.epoch > 0 ? { voters } : {}),
      epoch: confirmed ? voters.epoch : 0,
      time: Math.floor(time.wall()),
    }
  }

  #entries(): ServerEntry[] {
    const { ranks, voters } = this.#record
    const names = new Set([
      ...Object.keys(ranks),
      ...voters.names,
      ...(voters.next ?? []),
      ...(this.#lists.wanted ?? []),
    ])
    const held = heldByAny(this.#members.servers())
    const entries = [...names].map((name) => this.#entry(name, held))
    return entries.toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
  }

  #entry(name: string, held: ReturnType<typeof heldByAny>): ServerEntry {
    const { confirmed } = this.#lists
    const wanted = this.#lists.wanted?.includes(name) ?? true
    const voter = this.#record.voters.names.includes(name)
    const heartbeat = this.#members.get('server', name)
    const own = vectorFromObject(heartbeat?.durable ?? {})
    let lag = 0
    if (!covers(own, held)) for (const [stream, seq] of held) lag += Math.max(0, seq - (own.get(stream) ?? 0))
    const found = this.#members.stateOf(name, this.#now)
    // A ref that has just started may know an old list, or none: it has no word yet on who is down or may go.
    const heard = found === 'down' && !confirmed ? 'suspect' : found
    const removed = !wanted && this.#lists.isOff(name)
    const going = !wanted && (heard === 'up' || heard === 'joining' || heard === 'leaving')
    return {
      name,
      rank: confirmed ? (this.#record.ranks[name] ?? 0) : 0,
      address: heartbeat?.address ?? '',
      // One that is wanted again is to stay.
      state: removed ? 'removed' : going ? 'leaving' : heard === 'leaving' ? 'up' : heard,
      voter,
      lag,
      drained: removed,
    }
  }

  /** The server that most of those heard follow. */
  #coordinator(): string {
    const follows = new Map<string, number>()
    for (const { coordinator } of this.#members.liveServers(this.#now)) {
      if (coordinator !== undefined && coordinator !== '') {
        follows.set(coordinator, (follows.get(coordinator) ?? 0) + 1)
      }
    }
    return [...follows].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? ''
  }

  #review(): void {
    this.#lists.review(this.#now)
    this.#options.metrics.set('recado_ref_epoch', this.#record.voters.epoch)
    try {
      this.#save()
    } catch (error) {
      this.#options.log.error(
        { err: error },
        'Cannot write ref_servers.json; answering nothing that it should hold',
      )
    }
  }

  /** A name is never forgotten, so neither is its series: a removed server's goes on as `removed`. */
  #measure(): void {
    const { metrics } = this.#options
    for (const { name: server, state: now, lag } of this.#entries()) {
      // Most of the time nothing has changed.
      const measured = `${now} ${lag}`
      if (this.#measured.get(server) === measured) continue
      this.#measured.set(server, measured)
      for (const state of LISTED_STATES) {
        metrics.set('recado_ref_server_state', state === now ? 1 : 0, { server, state })
      }
      metrics.set('recado_ref_server_lag_operations', now === 'removed' ? 0 : lag, { server })
    }
  }

  get #now(): number {
    return this.#options.time.monotonic()
  }

  /** @throws RecadoError `unavailable` when the record cannot be put on the disk */
  #save(): void {
    const text = JSON.stringify(this.#record)
    if (text === this.#written) return
    try {
      this.#options.file.write(renderRecord(this.#record))
    } catch (cause) {
      throw new RecadoError('unavailable', 'Ref cannot write its file; free its disk and try again', {
        cause,
      })
    }
    this.#written = text
  }
}

/** An error reply that tells more than its code. */
class Refusal extends RecadoError {
  readonly details: Readonly<Record<string, number>>

  constructor(code: 'stale' | 'name_taken', message: string, details: Readonly<Record<string, number>>) {
    super(code, message)
    this.details = details
  }
}

/** What only processes of a cluster have to say. */
const OF_PROCESSES: ReadonlySet<string> = new Set(['heartbeat', 'members'])

const SERVICES = {
  rank: 'serveRank',
  list: 'serveList',
  heartbeat: 'serveHeartbeat',
  members: 'serveMembers',
} as const satisfies Record<string, keyof Ref>
