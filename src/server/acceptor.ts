import type { LamportClock } from '../clocks/index.ts'
import type { Cancel, Timers } from '../ports/index.ts'
import type { Identity } from '../replication/index.ts'
import type { Store, UserSecret } from '../store/index.ts'
import {
  type Batch,
  BatchWriter,
  type Kind,
  type Operation,
  type Position,
  RecadoError,
} from '../wire/index.ts'

/** Operations and bytes of lines in one batch: what is full goes on its way while the rest of the turn is worked on. */
const BATCH_MAX = 512
const BATCH_BYTES_MAX = 4 * 1024 * 1024
/** How long what was accepted may wait for the batch before it to be confirmed. */
const GATHER_MS = 5
/** They say who somebody is and who may use a channel, which only the store can tell: it has them before anything else is judged. */
const JUDGED_BY: ReadonlySet<Kind> = new Set(['secret', 'change', 'private', 'invite', 'leave'])

export interface AcceptorOptions {
  readonly identity: Identity
  readonly lamport: LamportClock
  readonly store: Store
  readonly timers: Timers
  /** Corrected time in ms. */
  readonly now: () => number
  /** A batch is in the store and on its way to its disk: the others shall have it too. */
  readonly distribute: (batch: Batch) => void
  /** The last `seq` of this incarnation that is held as acknowledgements ask. */
  readonly confirmed: () => number
}

/** What a client asks to be made an operation. */
export interface Entry {
  readonly kind: Kind
  readonly id: string
  readonly user: string
  readonly target: string
  readonly message?: string | Uint8Array
}

/**
 * Makes operations: gives each its clock and `seq`, renders its line, and puts them into few batches: what one turn of the
 * loop brought, and, while a batch is under way, what comes until it is confirmed (Nagle, RFC 896). A batch costs every
 * server a message, a flush and an answer, however little it holds.
 */
export class Acceptor {
  readonly #options: AcceptorOptions
  readonly #writer = new BatchWriter()
  #seq = 0
  #operations: Operation[] = []
  #scheduled = false
  /** The last `seq` that is on its way. */
  #sent = 0
  #cancelGathering: Cancel | undefined
  /** The operations that are in no batch yet by user and id. */
  #ids = new Map<string, Map<string, Operation>>()
  #registered = new Map<string, Operation>()
  /** Batches that the store could not take yet. */
  readonly #stuck: Batch[] = []
  readonly #flushSoon = (): void => this.#flushOrGather()

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /** Whether the store could not take the last batch: nothing more may be accepted before it could. */
  get stuck(): boolean {
    return this.#stuck.length > 0
  }

  /** The lowest clock given to an operation that is not in the store yet: no promise may reach it. */
  get pendingClock(): number | undefined {
    return this.#stuck[0]?.clockAt(0) ?? this.#writer.firstClock
  }

  /** @throws RecadoError `unavailable` when the Lamport clock's lease is used up */
  accept(entry: Entry): Operation {
    const { identity, lamport, now, timers } = this.#options
    const clock = lamport.tryNext()
    if (clock === undefined) throw new RecadoError('unavailable', 'The server waits for its disk; try again')
    this.#seq++
    const operation = operationOf(entry, identity, this.#seq, clock, now())
    this.#operations.push(operation)
    this.#writer.addOperation(operation)
    this.#remember(operation)
    const full = this.#writer.count >= BATCH_MAX || this.#writer.lineBytes >= BATCH_BYTES_MAX
    if (full || JUDGED_BY.has(operation.kind)) this.flush()
    else if (!this.#scheduled && this.#cancelGathering === undefined) {
      this.#scheduled = true
      timers.soon(this.#flushSoon)
    }
    return operation
  }

  /** More is confirmed than before. */
  advance(): void {
    if (this.#cancelGathering !== undefined && !this.#isUnderWay) this.flush()
  }

  /** The operation of this user with this id, accepted here or held. */
  find(user: string, id: string): Position | undefined {
    return this.#ids.get(user)?.get(id) ?? this.#options.store.find(user, id)
  }

  read(position: Position): Operation | undefined {
    const own = this.#operations.find(({ seq, origin, incarnation }) => {
      return seq === position.seq && origin === position.origin && incarnation === position.incarnation
    })
    return own ?? this.#options.store.read(`${position.origin}/${position.incarnation}`, position.seq)
  }

  userAt(name: string): Position | undefined {
    return this.#options.store.userAt(name) ?? this.#registered.get(`user ${name}`)
  }

  secretOf(user: string): UserSecret | undefined {
    return this.#options.store.secretOf(user)
  }

  channelAt(name: string): Position | undefined {
    return this.#options.store.channelAt(name) ?? this.#registered.get(`channel ${name}`)
  }

  channelsMadeBy(user: string): number {
    let made = this.#options.store.channelsMadeBy(user)
    for (const operation of this.#registered.values())
      if (operation.kind === 'channel' && operation.user === user) made++
    return made
  }

  /** Hands what was accepted to the store and to the others. */
  flush(): void {
    this.#cancelGathering?.()
    this.#cancelGathering = undefined
    const [first] = this.#operations
    if (first === undefined) return
    const { origin, incarnation, seq: firstSeq } = first
    const batch = this.#writer.take({ origin, incarnation, firstSeq })
    this.#sent = batch.lastSeq
    this.#operations = []
    // A cleared Map's table would point to the next one, and make it grow old with it: see the broker's PassingMap.
    this.#ids = new Map()
    if (this.#registered.size > 0) this.#registered = new Map()
    if (this.stuck || this.#options.store.append(batch) === 'full') this.#stuck.push(batch)
    else this.#options.distribute(batch)
  }

  /** The store has room again, perhaps. */
  retry(): void {
    for (let batch = this.#stuck[0]; batch !== undefined; batch = this.#stuck[0]) {
      if (this.#options.store.append(batch) === 'full') return
      this.#options.distribute(batch)
      this.#stuck.shift()
    }
  }

  get #isUnderWay(): boolean {
    return this.#sent > this.#options.confirmed()
  }

  #flushOrGather(): void {
    this.#scheduled = false
    if (this.#operations.length === 0) return
    if (!this.#isUnderWay) return this.flush()
    this.#cancelGathering ??= this.#options.timers.after(GATHER_MS, () => this.flush())
  }

  #remember(operation: Operation): void {
    const { user, id, kind, target } = operation
    let ids = this.#ids.get(user)
    if (ids === undefined) {
      ids = new Map()
      this.#ids.set(user, ids)
    }
    ids.set(id, operation)
    if (kind === 'login') this.#registered.set(`user ${user}`, operation)
    if (kind === 'channel') this.#registered.set(`channel ${target}`, operation)
  }
}

function operationOf(
  { kind, id, user, target, message }: Entry,
  { name: origin, incarnation }: Identity,
  seq: number,
  clock: number,
  timestamp: number,
): Operation {
  const operation: Operation = { origin, incarnation, seq, clock, timestamp, kind, id, user, target }
  if (message === undefined) return operation
  return { origin, incarnation, seq, clock, timestamp, kind, id, user, target, message }
}
