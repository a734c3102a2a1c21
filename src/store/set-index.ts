import type { Chance } from '../ports/index.ts'
import { type Batch, comparePositions, KINDS, type Position } from '../wire/index.ts'
import type { Batches } from './batches.ts'
import { Groups } from './groups.ts'
import { Ids, type Place } from './ids.ts'
import { Places } from './places.ts'
import { Names } from './registry.ts'
import { Secrets } from './secrets.ts'

const [LOGIN, CHANNEL, , , VOID, SECRET, PRIVATE, INVITE, LEAVE, CHANGE] = KINDS.keys()

const REGISTERING = new Set<number | undefined>([LOGIN, CHANNEL, SECRET, PRIVATE, INVITE, LEAVE, CHANGE])

/** What can be asked of the set without reading it: who and what is known, and which operation has which id. */
export class SetIndex {
  readonly places = new Places()
  readonly ids: Ids
  readonly users = new Names()
  readonly channels = new Names()
  readonly secrets = new Secrets()
  readonly groups = new Groups()
  /** By user: how many channels it was the first to make known here. */
  readonly channelsMade = new Map<string, number>()
  /** The highest clock of any operation, 0 if there is none. */
  highestClock = 0
  readonly #batches: Batches

  constructor(batches: Batches, chance: Chance) {
    this.#batches = batches
    this.ids = new Ids({
      seed: Math.floor(chance.next() * 2 ** 32),
      isOf: (place, user, id) => this.#isOf(place, user, id),
      compare: (a, b) => comparePositions(this.#positionOf(a), this.#positionOf(b)),
    })
  }

  /** A batch is in the set, and can be found among the batches. */
  add(batch: Batch): void {
    const { stream, firstSeq, count } = batch
    this.highestClock = Math.max(this.highestClock, batch.lastClock)
    const number = this.places.stream(stream)
    const ids = this.ids.of(batch)
    for (let index = 0; index < count; index++) {
      const kind = batch.kindAt(index)
      if (kind === VOID) continue
      const place = this.places.place(number, firstSeq + index)
      this.ids.add(ids, index, place)
      if (REGISTERING.has(kind)) this.#register(batch, index, kind, this.#positionOf(place))
    }
  }

  /** The first operation of this user with this id, of those known and not behind the window. */
  find(user: string, id: string): Position | undefined {
    const place = this.ids.find(user, id)
    return place === undefined ? undefined : this.#positionOf(place)
  }

  #register(batch: Batch, index: number, kind: number, position: Position): void {
    const [user, target] = [batch.userAt(index), batch.targetAt(index)]
    const about = (): string => String(batch.operationAt(index).message ?? '')
    if (kind === LOGIN || kind === SECRET) this.users.add(user, position)
    if (kind === SECRET) this.secrets.set(user, about(), position)
    if (kind === CHANGE) this.secrets.change(user, about(), position)
    if ((kind === CHANNEL || kind === PRIVATE) && this.channels.add(target, position)) {
      this.channelsMade.set(user, (this.channelsMade.get(user) ?? 0) + 1)
    }
    if (kind === PRIVATE) this.groups.make(target, about().split(' '), position)
    if (kind === INVITE) this.groups.set(target, about(), true, position)
    if (kind === LEAVE) this.groups.set(target, user, false, position)
  }

  #isOf(place: Place, user: string, id: Uint8Array): boolean {
    const { batch, index } = this.#at(place)
    return batch.userAt(index) === user && Buffer.compare(batch.idBytesAt(index), id) === 0
  }

  #positionOf(place: Place): Position {
    const { batch, index } = this.#at(place)
    const { origin, incarnation, firstSeq } = batch
    return { clock: batch.clockAt(index), origin, incarnation, seq: firstSeq + index }
  }

  #at(place: Place): { batch: Batch; index: number } {
    const stream = this.places.streamOf(place)
    const seq = this.places.seqOf(place)
    const batch = this.#batches.containing(stream, seq)
    if (batch === undefined) throw new TypeError(`There is no operation ${seq} of ${stream}`)
    return { batch, index: seq - batch.firstSeq }
  }
}
