import {
  covers,
  type Head,
  join,
  type ReadonlyVector,
  type StreamKey,
  type Vector,
  type WholeHead,
} from '../wire/index.ts'
import { Promises } from './promises.ts'

/** What this server knows of one other server: what that one said of itself, and what was said of it. */
export class Peer {
  readonly name: string
  address: string
  rank: number
  /** 0 before it was heard. */
  incarnation = 0
  epoch = 0
  state: Head['state'] = 'joining'
  intact = false
  coordinator = ''
  /** Monotonic ms. */
  heardAt = Number.NEGATIVE_INFINITY
  /** Whether ref called it down, last. */
  toldDown = false
  /** Whether ref said, last, that it is taken off for good. */
  removed = false
  /** What its present incarnation called durable. */
  readonly durable: Vector = new Map()
  /** What its former incarnations called durable: an old or emptied disk shows by lacking some of it. */
  readonly former: Vector
  readonly promises = new Promises()
  /** My incarnation as it counts it for what it makes final, 0 if it does not. */
  countsMe = 0
  /** Whether it makes nothing final, and asks me again before it does. */
  alone = false
  /** My incarnation that it had heard when it last told what my disk owes, 0 if none. */
  hears = 0
  /** Its latest question, and my latest one that it has answered. */
  asks = 0
  answers = 0
  /** Its incarnation that the last whole head to it counted, 0 if none. */
  toldCounted = 0
  /** What is on my disk that it has not been told. */
  readonly untold: Vector = new Map()
  /** Heads sent to its present incarnation, and my latest answer among them. */
  headsSent = 0
  answered = 0

  #lastNumber = 0
  /** Whether its heads have come without a hole since a whole one: only then do changes tell everything. */
  #complete = false

  constructor(name: string, address: string, rank: number, former: ReadonlyVector) {
    this.name = name
    this.address = address
    this.rank = rank
    this.former = new Map(former)
  }

  /** Takes in a head for this process, `me`. False when it is an older incarnation's, which no longer counts. */
  receive(
    head: Head,
    now: number,
    durableHere: ReadonlyVector,
    me: { readonly name: string; readonly incarnation: number },
  ): boolean {
    if (head.incarnation < this.incarnation) return false
    if (head.incarnation > this.incarnation) this.#renew(head.incarnation)
    this.heardAt = now
    this.epoch = head.epoch
    this.state = head.state
    this.#complete = head.whole !== undefined || (this.#complete && head.number === this.#lastNumber + 1)
    this.#lastNumber = head.number
    const changes = Object.entries(head.durable)
    join(this.durable, new Map(changes))
    if (this.#complete && head.state !== 'joining') this.promises.add(head.promise, changes, durableHere)
    if (head.whole !== undefined) this.#receiveWhole(head.whole, me)
    return true
  }

  /** What its former incarnations called durable and this one does not: what it lost and must fetch. */
  owed(): Vector {
    const owed: Vector = new Map()
    for (const [stream, seq] of this.former) if ((this.durable.get(stream) ?? 0) < seq) owed.set(stream, seq)
    return owed
  }

  /** All that it ever called durable. */
  everDurable(): Vector {
    return join(new Map(this.former), this.durable)
  }

  durableIn(stream: StreamKey): number {
    return this.durable.get(stream) ?? 0
  }

  /** Whether its disk holds all that its former incarnations called durable, as far as this server heard. */
  get owesNothing(): boolean {
    return covers(this.durable, this.former)
  }

  #receiveWhole(whole: WholeHead, me: { readonly name: string; readonly incarnation: number }): void {
    this.address = whole.address
    if (whole.rank > 0) this.rank = whole.rank
    this.intact = whole.intact
    this.coordinator = whole.coordinator
    this.asks = whole.asks
    this.countsMe = whole.counted[me.name] ?? 0
    this.alone = whole.alone === true
    this.hears = whole.heard[me.name] ?? 0
    // Questions are numbered from 1 in each life: an answer to a former one that waited in a socket answers none of these.
    this.answers = whole.heard[me.name] === me.incarnation ? whole.answers : 0
  }

  #renew(incarnation: number): void {
    join(this.former, this.durable)
    this.incarnation = incarnation
    this.durable.clear()
    this.promises.reset()
    this.intact = false
    this.countsMe = 0
    this.alone = false
    this.hears = 0
    this.asks = 0
    this.answers = 0
    this.answered = 0
    this.toldCounted = 0
    this.headsSent = 0
    this.#lastNumber = 0
    this.#complete = false
  }
}
