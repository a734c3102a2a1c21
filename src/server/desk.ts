import type { LamportClock } from '../clocks/index.ts'
import type { Timers } from '../ports/index.ts'
import type { Identity, Replica } from '../replication/index.ts'
import type { Store, UserSecret } from '../store/index.ts'
import {
  HISTORY_LIMIT_MAX,
  isName,
  join,
  type Operation,
  type Position,
  RecadoError,
  readInteger,
  readName,
  streamKey,
  type Vector,
  vectorToObject,
} from '../wire/index.ts'
import type { Acceptor, Entry } from './acceptor.ts'
import type { Acknowledgements, Level } from './acknowledgements.ts'
import { Awaited } from './awaited.ts'
import { decodeCursor, encodeCursor, optionalVector } from './cursor.ts'
import type { Publications } from './publications.ts'
import { type Answer, asMember, type Call, type Desk } from './services/index.ts'

/** Instead of a cursor: the end of what this server shows. */
const NOW = 'now'
/** What is on a majority's disks and on this one is shown. */
const SHOWN_AT: readonly Level[] = ['quorum', 'one']
/** Bytes of messages in one page of history. */
const PAGE_BYTES_MAX = 768 * 1024

export interface DeskOptions {
  readonly identity: Identity
  readonly acks: Level
  readonly ackDeadlineMs: number
  readonly messageBytesMax: number
  /** Monotonic ms of this turn of the loop. */
  readonly now: () => number
  readonly timers: Timers
  readonly lamport: LamportClock
  readonly store: Store
  readonly replica: Replica
  readonly acceptor: Acceptor
  readonly acknowledgements: Acknowledgements
  readonly publications: Publications
  /** Why nothing may be accepted now, or undefined. */
  readonly refusal: () => RecadoError | undefined
  readonly status: () => Readonly<Record<string, unknown>>
  /** In secured mode. */
  readonly logins: () => { logIn(call: Call): void; checkMayCreate(user: string): void } | undefined
}

/** Where services get done what they ask for. */
export class ServerDesk implements Desk {
  readonly #options: DeskOptions

  constructor(options: DeskOptions) {
    this.#options = options
  }

  get acks(): Level {
    return this.#options.acks
  }

  get messageBytesMax(): number {
    return this.#options.messageBytesMax
  }

  knowsUser(name: string): boolean {
    return this.#options.acceptor.userAt(name) !== undefined
  }

  knowsChannel(name: string): boolean {
    return this.#options.acceptor.channelAt(name) !== undefined
  }

  users(): readonly string[] {
    return this.#options.store.users()
  }

  channels(user: string | undefined): readonly string[] {
    const channels = this.#options.store.channels()
    return user === undefined ? channels : channels.filter((channel) => this.mayUse(channel, user))
  }

  membersOf(channel: string): ReadonlyMap<string, Position> | undefined {
    return this.#options.store.membersOf(channel)
  }

  channelsMadeBy(user: string): number {
    return this.#options.acceptor.channelsMadeBy(user)
  }

  checkMayCreate(user: string): void {
    this.#options.logins()?.checkMayCreate(user)
  }

  mayUse(channel: string, user: string): boolean {
    return this.membersOf(channel)?.has(user) ?? true
  }

  get logins(): { logIn(call: Call): void } | undefined {
    return this.#options.logins()
  }

  status(): Readonly<Record<string, unknown>> {
    return this.#options.status()
  }

  secretOf(user: string): UserSecret | undefined {
    return this.#options.acceptor.secretOf(user)
  }

  hear(call: Call): void {
    this.#options.lamport.receive(call.request.clock)
  }

  awaitHeld(call: Call, position: Position, level: Level, answer: Answer): void {
    this.#await(call, position, level, answer)
  }

  makeSure(call: Call, known: () => boolean, otherwise: () => RecadoError, go: () => void): void {
    if (known()) return go()
    this.afterMajority(call, () => {
      if (known()) go()
      else call.fail(otherwise())
    })
  }

  afterMajority(call: Call, go: () => void): void {
    const { replica, timers } = this.#options
    const cancel = timers.after(this.#options.ackDeadlineMs, () => {
      call.fail(
        new RecadoError('unavailable', 'No majority answered in time whether the name is known; try again'),
      )
    })
    const sure = replica.afterBarrier(() => {
      cancel()
      if (!call.answered) this.#guard(call, go)
    })
    if (sure) return
    cancel()
    throw new RecadoError('overloaded', 'Too many wait for a majority; try again')
  }

  accept(call: Call, entry: Entry, level: Level, answer: Answer): void {
    const { acceptor, publications } = this.#options
    const known = acceptor.find(entry.user, entry.id)
    if (known !== undefined) {
      this.#checkSame(entry, known)
      return this.#await(call, known, level, answer)
    }
    const refusal = this.#options.refusal()
    if (refusal !== undefined) throw refusal
    if (level === 'all') this.#checkAllVote()
    const operation = acceptor.accept(entry)
    const deadline = this.#deadline()
    if (entry.kind === 'publish' || entry.kind === 'message') publications.add({ operation, level, deadline })
    this.#await(call, operation, level, answer, deadline)
  }

  awaitRegistration(call: Call, kind: 'login' | 'channel', name: string, answer: Answer = () => ({})): void {
    const { acceptor } = this.#options
    const at = kind === 'login' ? acceptor.userAt(name) : acceptor.channelAt(name)
    this.#await(call, at as Position, this.acks, answer)
  }

  history(call: Call): void {
    const { data } = call.request
    const fromNow = data['after'] === NOW
    const after = fromNow
      ? new Map<string, number>()
      : join(decodeCursor(data['after']), optionalVector(data, 'passed'))
    const limit = data['limit'] === undefined ? 100 : readInteger(data, 'limit')
    if (limit < 1 || limit > HISTORY_LIMIT_MAX) {
      throw new RecadoError('bad_request', `Key "limit" must be from 1 to ${HISTORY_LIMIT_MAX}`)
    }
    const query = this.#historyQuery(data)
    const { store, replica } = this.#options
    const page = (): void => {
      const visible = replica.visible()
      if (fromNow) {
        return call.ok({
          messages: [],
          next: encodeCursor(visible),
          more: false,
          passed: vectorToObject(visible),
        })
      }
      const { messages, next, more } = store.history({
        ...query,
        after,
        visible,
        limit,
        bytes: PAGE_BYTES_MAX,
      })
      call.ok({ messages, next: encodeCursor(next), more })
    }
    const seen = optionalVector(data, 'seen')
    const go = (): void => this.#whenHeld(call, seen, page)
    this.#makeSureOf(call, query, () => {
      if (query.channel === undefined || call.user === undefined) return go()
      asMember(call, this, query.channel, call.user, go)
    })
  }

  /**
   * Goes on once this server holds and shows all of that. It waits for one stream at a time, so that a call waits but once,
   * whatever it names, and for no longer than until it is answered.
   */
  #whenHeld(call: Call, seen: Vector, go: () => void): void {
    const { replica, acknowledgements } = this.#options
    const deadline = this.#deadline()
    const streams = seen.entries()
    let next = streams.next()
    const look = (held: boolean): void => {
      if (!held) {
        const what = 'This server does not hold what "seen" names yet; try again'
        return call.fail(new RecadoError('unavailable', what))
      }
      for (; !next.done; next = streams.next()) {
        const [stream, seq] = next.value
        const lacking = SHOWN_AT.find((level) => replica.reached(level, stream) < seq)
        if (lacking !== undefined)
          return acknowledgements.wait(stream, lacking, { seq, deadline, done: look })
      }
      go()
    }
    look(true)
  }

  /** Nobody may be told of an unknown channel or user that this server merely has not heard of. */
  #makeSureOf(call: Call, query: { channel?: string; user?: string }, go: () => void): void {
    const { channel, user } = query
    this.makeSure(
      call,
      () =>
        (channel === undefined || this.knowsChannel(channel)) && (user === undefined || this.knowsUser(user)),
      () =>
        channel === undefined
          ? new RecadoError('unknown_user', `There is no user "${user}"; users become known by logging in`)
          : new RecadoError('unknown_channel', `There is no channel "${channel}"; create it first`),
      go,
    )
  }

  #historyQuery(data: Readonly<Record<string, unknown>>): { channel?: string; user?: string; with?: string } {
    if (data['channel'] !== undefined && data['user'] === undefined)
      return { channel: readName(data, 'channel') }
    if (data['channel'] === undefined && data['user'] !== undefined) {
      const user = readName(data, 'user')
      if (data['with'] === undefined) return { user }
      if (isName(data['with'])) return { user, with: data['with'] }
    }
    throw new RecadoError('bad_request', 'History needs "channel", or "user" and perhaps "with"')
  }

  #await(
    call: Call,
    position: Position,
    level: Level,
    answer: Answer,
    deadline: number = this.#deadline(),
  ): void {
    const { origin, incarnation, seq } = position
    const { identity, replica, acknowledgements } = this.#options
    const own = origin === identity.name && incarnation === identity.incarnation
    const stream = own ? replica.ownStream : streamKey(origin, incarnation)
    const awaited = new Awaited(call, position, answer, deadline)
    if (replica.reached(level, stream) >= seq) awaited.done(true)
    else acknowledgements.wait(stream, level, awaited)
    call.accepted()
  }

  #checkSame(entry: Entry, known: Position): void {
    const operation = this.#options.acceptor.read(known)
    if (operation === undefined || isSame(entry, operation)) return
    throw new RecadoError(
      'bad_request',
      `Id "${entry.id}" was used for another request of user "${entry.user}"`,
    )
  }

  #guard(call: Call, go: () => void): void {
    try {
      go()
    } catch (error) {
      call.fail(error instanceof RecadoError ? error : internal(error))
    }
  }

  #checkAllVote(): void {
    const { replica } = this.#options
    if (replica.allVotersLive) return
    throw new RecadoError(
      'unavailable',
      'A voter is down, so not all can confirm; ask for "quorum" or try again',
    )
  }

  #deadline(): number {
    return this.#options.now() + this.#options.ackDeadlineMs
  }
}

function isSame(entry: Entry, operation: Operation): boolean {
  if (entry.kind !== operation.kind || entry.target !== operation.target) return false
  const [asked, known] = [entry.message, operation.message]
  if (typeof asked === 'string' || typeof known === 'string' || asked === undefined || known === undefined) {
    return asked === known
  }
  return Buffer.compare(asked, known) === 0
}

function internal(cause: unknown): RecadoError {
  return new RecadoError('internal', 'The server failed at this request; please report it', { cause })
}
