import type { LamportClock } from '../clocks/index.ts'
import type { Timers } from '../ports/index.ts'
import type { Identity } from '../replication/index.ts'
import type { Store } from '../store/index.ts'
import {
  type Batch,
  KINDS,
  type Kind,
  makeBatch,
  type Operation,
  type Position,
  RecadoError,
  renderLine,
} from '../wire/index.ts'

/** Operations and bytes of lines in one batch. */
const BATCH_MAX = 1024
const BATCH_BYTES_MAX = 4 * 1024 * 1024

export interface AcceptorOptions {
  readonly identity: Identity
  readonly lamport: LamportClock
  readonly store: Store
  readonly timers: Timers
  /** Corrected time in ms. */
  readonly now: () => number
  /** A batch is in the store and on its way to its disk: the others shall have it too. */
  readonly distribute: (batch: Batch) => void
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
 * Makes operations: gives each its clock and `seq`, renders its line, and puts what one turn of the loop brought into
 * one batch.
 */
export class Acceptor {
  readonly #options: AcceptorOptions
  #seq = 0
  #operations: Operation[] = []
  #lines: string[] = []
  #bytes = 0
  #scheduled = false
  readonly #ids = new Map<string, Operation>()
  readonly #registered = new Map<string, Operation>()
  /** A batch that the store could not take yet. */
  #stuck: Batch | undefined

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /** The last `seq` given. */
  get seq(): number {
    return this.#seq
  }

  /** Whether the store could not take the last batch: nothing more may be accepted before it could. */
  get stuck(): boolean {
    return this.#stuck !== undefined
  }

  /** The lowest clock given to an operation that is not in the store yet: no promise may reach it. */
  get pendingClock(): number | undefined {
    return this.#stuck?.clocks[0] ?? this.#operations[0]?.clock
  }

  /** @throws RecadoError `unavailable` when the Lamport clock's lease is used up */
  accept(entry: Entry): Operation {
    const { identity, lamport, now, timers } = this.#options
    const clock = lamport.tryNext()
    if (clock === undefined) throw new RecadoError('unavailable', 'The server waits for its disk; try again')
    this.#seq++
    const operation: Operation = {
      origin: identity.name,
      incarnation: identity.incarnation,
      seq: this.#seq,
      clock,
      timestamp: now(),
      ...entry,
    }
    const line = renderLine(operation)
    this.#operations.push(operation)
    this.#lines.push(line)
    this.#bytes += line.length
    this.#ids.set(idKey(entry.user, entry.id), operation)
    if (entry.kind === 'login') this.#registered.set(`user ${entry.user}`, operation)
    if (entry.kind === 'channel') this.#registered.set(`channel ${entry.target}`, operation)
    if (this.#operations.length >= BATCH_MAX || this.#bytes >= BATCH_BYTES_MAX) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      timers.soon(() => this.flush())
    }
    return operation
  }

  /** The operation of this user with this id, accepted here or held. */
  find(user: string, id: string): Position | undefined {
    return this.#ids.get(idKey(user, id)) ?? this.#options.store.find(user, id)
  }

  read(position: Position): Operation | undefined {
    const own = this.#operations.find(({ seq, origin, incarnation }) => {
      return seq === position.seq && origin === position.origin && incarnation === position.incarnation
    })
    return own ?? this.#options.store.read(`${position.origin}/${position.incarnation}`, position.seq)
  }

  userAt(name: string): Position | undefined {
    return this.#registered.get(`user ${name}`) ?? this.#options.store.userAt(name)
  }

  channelAt(name: string): Position | undefined {
    return this.#registered.get(`channel ${name}`) ?? this.#options.store.channelAt(name)
  }

  /** Hands what was accepted to the store and to the others. */
  flush(): void {
    this.#scheduled = false
    if (this.#operations.length === 0) return
    const batch = this.#take()
    if (this.#options.store.append(batch) === 'full') this.#stuck = batch
    else this.#options.distribute(batch)
  }

  /** The store has room again, perhaps. */
  retry(): void {
    if (this.#stuck === undefined || this.#options.store.append(this.#stuck) === 'full') return
    this.#options.distribute(this.#stuck)
    this.#stuck = undefined
  }

  #take(): Batch {
    const operations = this.#operations
    const lines = this.#lines.map((line) => Buffer.byteLength(line))
    const first = operations[0] as Operation
    const batch = makeBatch({
      origin: first.origin,
      incarnation: first.incarnation,
      firstSeq: first.seq,
      clocks: operations.map(({ clock }) => clock),
      timestamps: operations.map(({ timestamp }) => timestamp),
      kinds: operations.map(({ kind }) => KINDS.indexOf(kind)),
      ids: operations.map(({ id }) => id),
      users: operations.map(({ user }) => user),
      targets: operations.map(({ target }) => target),
      lengths: lines,
      lines: Buffer.from(this.#lines.join('')),
    })
    this.#operations = []
    this.#lines = []
    this.#bytes = 0
    this.#ids.clear()
    this.#registered.clear()
    return batch
  }
}

function idKey(user: string, id: string): string {
  return `${user}\n${id}`
}
