import {
  type Batch,
  covers,
  decodeBatch,
  join,
  type Kind,
  type Operation,
  type OperationName,
  type Publication,
  type ReadonlyVector,
  type StreamKey,
  type Vector,
  type Voters,
} from '../../src/wire/index.ts'
import type { SimulatedServer } from './server.ts'

/** One operation as it was accepted. */
export interface Accepted extends Operation {
  readonly stream: StreamKey
  /** Virtual ms at which it got its clock. */
  readonly at: number
}

export type Level = 'one' | 'quorum' | 'all'

/** One thing that a client wants said or made, under one id. */
export interface Wish {
  /** Whose clock goes on from one to the next: a client that forgets its clock begins a new session. */
  readonly session: string
  readonly user: string
  readonly id: string
  readonly kind: Kind
  readonly target: string
  readonly level: Level
  /** What is said. */
  readonly message?: string
  /** Virtual ms. */
  readonly sentAt: number
  /** How often it was sent, if anybody counts. */
  sent?: number
  /** When it was acknowledged, and which operation the answer named, if it names any. */
  acknowledgedAt?: number
  operation?: OperationName
  /** When the answer names none: those that were held as the level asks when it came, each of which makes what was wanted. */
  standsFor?: readonly Accepted[]
}

/** What a subscription is to bring. */
export interface Scope {
  /** Direct messages to this user, instead of the channel. */
  readonly to?: string | undefined
  /** What was accepted at or after this, in virtual ms; infinite until it has begun. */
  readonly since: number
  /** Not what every server showed when it was opened. */
  readonly beyond?: ReadonlyVector | undefined
}

/** A disk was emptied, or an old copy was put in its place. */
export interface Loss {
  readonly at: number
  /** When the life ended that used the disk last: until then others could hear what it held. */
  readonly endedAt: number
  readonly held: Vector
  readonly copied: boolean
  /** When the disk held again all that it had held. */
  regainedAt?: number
}

/** What one server's disk holds and ever held of each stream, whatever the server believes. */
export interface DiskFacts {
  readonly holds: Vector
  readonly ever: Vector
  /** When it lost something, and what it held before. */
  readonly losses: Loss[]
}

/** Something that must always hold, looked at as things happen. Each method is told of one kind of event. */
export interface Checker {
  accepted?(server: SimulatedServer, operation: Accepted): void
  flushed?(server: SimulatedServer, stream: StreamKey, from: number, to: number): void
  acknowledged?(wish: Wish): void
  published?(server: SimulatedServer, publication: Publication): void
  /** It says that it accepts nothing at or below this clock, and this is on its disk as it knows. */
  promised?(server: SimulatedServer, clock: number, durable: ReadonlyVector): void
  finalised?(server: SimulatedServer, clock: number): void
  rewritten?(server: SimulatedServer, file: string, before: Uint8Array | undefined): void
  state?(server: SimulatedServer, state: string): void
  voters?(server: SimulatedServer, voters: Voters): void
  /** Ref told it that these are down. */
  toldDown?(server: SimulatedServer, names: readonly string[]): void
  clock?(server: SimulatedServer, clock: number): void
  time?(server: SimulatedServer, ms: number): void
  live?(subscriber: string, publication: Publication): void
  /** A subscription begins, or it is known now what it is to bring. */
  subscribed?(subscriber: string, scope: Scope): void
  delivered?(subscriber: string, publication: Publication): void
  /** Of the channel, or of a user's direct messages. */
  page?(reader: string, messages: readonly Publication[], inbox?: string): void
  /** All faults have ended and all is quiet. */
  end?(): void
}

/** A record that is a map of one key holds no operations. */
const MEMORY = 0x81

/** What really happened in one schedule, gathered where it happens, and those who check it. */
export class Witness {
  readonly operations = new Map<string, Accepted>()
  /** By user and id. */
  readonly wishes = new Map<string, Wish>()
  /** Users that a majority knows. */
  readonly known: string[] = []
  readonly disks = new Map<string, DiskFacts>()
  readonly findings: string[] = []
  /** Lists of voters that any server ever used. */
  readonly lists: Voters[] = []
  /** Who used which list, until when in virtual ms. */
  readonly #uses: { readonly by: string; readonly list: Voters; until: number }[] = []
  readonly now: () => number
  /** Told of what is worth a line in a trace. */
  tell: (who: string, what: string) => void = () => {}
  readonly #checkers: Checker[] = []
  readonly #places = new Map<string, Pick<Batch, 'stream' | 'firstSeq' | 'lastSeq'>>()

  constructor(now: () => number) {
    this.now = now
  }

  add(...checkers: Checker[]): void {
    this.#checkers.push(...checkers)
  }

  /** Something is not as it must be. */
  find(what: string): void {
    if (this.findings.length >= 20 || this.findings.includes(what)) return
    this.findings.push(what)
    this.tell('FOUND', what)
  }

  disk(name: string): DiskFacts {
    let facts = this.disks.get(name)
    if (facts === undefined) {
      facts = { holds: new Map(), ever: new Map(), losses: [] }
      this.disks.set(name, facts)
    }
    return facts
  }

  /** The servers whose disks hold, or held before they lost it, this operation. */
  holders(stream: StreamKey, seq: number): string[] {
    const names: string[] = []
    for (const [name, { ever }] of this.disks) if ((ever.get(stream) ?? 0) >= seq) names.push(name)
    return names
  }

  appended(server: SimulatedServer, batch: Batch): void {
    for (let index = 0; index < batch.count; index++) {
      const { stream } = batch
      const at = server.takeShownAt(batch.clockAt(index))
      const operation: Accepted = { ...batch.operationAt(index), stream, at }
      this.operations.set(`${stream} ${operation.seq}`, operation)
      for (const checker of this.#checkers) checker.accepted?.(server, operation)
    }
  }

  /** These records of the journal are on the server's disk. */
  flushed(server: SimulatedServer, records: readonly Uint8Array[]): void {
    const { holds, ever } = this.disk(server.name)
    for (const record of records) {
      if (record[0] === MEMORY) continue
      const { stream, firstSeq, lastSeq } = this.#placeOf(record)
      holds.set(stream, Math.max(lastSeq, holds.get(stream) ?? 0))
      ever.set(stream, Math.max(lastSeq, ever.get(stream) ?? 0))
      for (const checker of this.#checkers) checker.flushed?.(server, stream, firstSeq, lastSeq)
    }
    this.#regained(server.name)
  }

  /** A disk holds only this any more. */
  lost({ name, endedAt }: SimulatedServer, left: Vector, copied = false): void {
    const facts = this.disk(name)
    facts.losses.push({ at: this.now(), endedAt, held: new Map(facts.holds), copied })
    facts.holds.clear()
    join(facts.holds, left)
    this.#regained(name)
  }

  wished(wish: Wish): void {
    this.wishes.set(`${wish.user} ${wish.id}`, wish)
  }

  acknowledged(user: string, id: string, operation: OperationName | undefined): void {
    const wish = this.wishes.get(`${user} ${id}`)
    if (wish === undefined || wish.acknowledgedAt !== undefined) return
    wish.acknowledgedAt = this.now()
    if (wish.kind === 'login' && !this.known.includes(user)) this.known.push(user)
    if (operation !== undefined) wish.operation = operation
    for (const checker of this.#checkers) checker.acknowledged?.(wish)
  }

  published(server: SimulatedServer, publications: readonly Publication[]): void {
    for (const each of publications) for (const checker of this.#checkers) checker.published?.(server, each)
  }

  promised(server: SimulatedServer, clock: number, durable: ReadonlyVector): void {
    for (const checker of this.#checkers) checker.promised?.(server, clock, durable)
  }

  finalised(server: SimulatedServer, clock: number): void {
    for (const checker of this.#checkers) checker.finalised?.(server, clock)
  }

  rewritten(server: SimulatedServer, file: string, before: Uint8Array | undefined): void {
    for (const checker of this.#checkers) checker.rewritten?.(server, file, before)
  }

  state(server: SimulatedServer, state: string): void {
    for (const checker of this.#checkers) checker.state?.(server, state)
  }

  voters(server: SimulatedServer, voters: Voters): void {
    if (voters.epoch > 0 && !this.lists.some((list) => isSame(list, voters))) this.lists.push(voters)
    this.#endUse(server.name)
    if (voters.epoch > 0) this.#uses.push({ by: server.name, list: voters, until: Number.POSITIVE_INFINITY })
    for (const checker of this.#checkers) checker.voters?.(server, voters)
  }

  /** A server's life ended. */
  ended(server: SimulatedServer): void {
    this.#endUse(server.name)
  }

  /** The lists that servers, or this one alone, used at or after this moment. */
  listsSince(at: number, by?: string): Voters[] {
    return this.#uses
      .filter((use) => use.until >= at && (by === undefined || use.by === by))
      .map(({ list }) => list)
  }

  toldDown(server: SimulatedServer, names: readonly string[]): void {
    for (const checker of this.#checkers) checker.toldDown?.(server, names)
  }

  clock(server: SimulatedServer, clock: number): void {
    for (const checker of this.#checkers) checker.clock?.(server, clock)
  }

  time(server: SimulatedServer, ms: number): void {
    for (const checker of this.#checkers) checker.time?.(server, ms)
  }

  live(subscriber: string, publications: readonly Publication[]): void {
    for (const each of publications) for (const checker of this.#checkers) checker.live?.(subscriber, each)
  }

  /** What is delivered may be nothing at all. */
  subscribed(subscriber: string, scope: Scope): void {
    for (const checker of this.#checkers) checker.subscribed?.(subscriber, scope)
  }

  delivered(subscriber: string, publication: Publication): void {
    for (const checker of this.#checkers) checker.delivered?.(subscriber, publication)
  }

  page(reader: string, messages: readonly Publication[], inbox?: string): void {
    for (const checker of this.#checkers) checker.page?.(reader, messages, inbox)
  }

  end(): void {
    for (const checker of this.#checkers) checker.end?.()
  }

  #endUse(name: string): void {
    const last = this.#uses.findLast(({ by }) => by === name)
    if (last !== undefined) last.until = Math.min(last.until, this.now())
  }

  #regained(name: string): void {
    const { holds, losses } = this.disk(name)
    for (const loss of losses) {
      if (loss.regainedAt === undefined && covers(holds, loss.held)) loss.regainedAt = this.now()
    }
  }

  /** The same batch is flushed by every server. */
  #placeOf(record: Uint8Array): Pick<Batch, 'stream' | 'firstSeq' | 'lastSeq'> {
    const key = Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString('latin1', 0, 96)
    const name = `${key}${record.byteLength}`
    let place = this.#places.get(name)
    if (place === undefined) {
      const { stream, firstSeq, lastSeq } = decodeBatch(record)
      place = { stream, firstSeq, lastSeq }
      this.#places.set(name, place)
    }
    return place
  }
}

export function isSame(a: Voters, b: Voters): boolean {
  return a.epoch === b.epoch && areSame(a.names, b.names) && areSame(a.next ?? [], b.next ?? [])
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}
