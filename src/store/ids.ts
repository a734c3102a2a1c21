import { type Batch, ID_WINDOW, TextWriter } from '../wire/index.ts'
import { GROWTH, IdTable } from './id-table.ts'

/** Where an operation stands: a number that `Places` makes of its stream and `seq`. 0 is none. */
export type Place = number

export interface IdsOptions {
  /** Makes hashes differ from process to process, so that nobody can choose ids that meet in a table. */
  readonly seed: number
  /** Whether the operation at this place has this user and id: two ids may have one hash. */
  readonly isOf: (place: Place, user: string, id: Uint8Array) => boolean
  /** Negative when the first stands before the second in the order. */
  readonly compare: (a: Place, b: Place) => number
}

/** What is read of a batch: its users' names, and its ids in UTF-8, one behind the other. */
export type BatchWithIds = Pick<Batch, 'count' | 'users' | 'userIndexAt' | 'ids' | 'idStart' | 'note'>

/** A batch's ids on their way through the tables, in the batch's order. */
export interface IdsOfBatch {
  /** Who knows it: a batch may be shown to several. */
  readonly keeper: Ids
  readonly batch: BatchWithIds
  /** The numbers of the batch's users. */
  readonly owners: readonly number[]
  /** Where `add` put each of them, for `finalise`: 0 for nowhere yet. A table may have been made anew since. */
  readonly slots: Uint32Array
  /** Both halves of the hashes of some: from `begin` to `end` in the batch. */
  readonly hashes: Uint32Array
  begin: number
  end: number
}

/**
 * So many of a batch's ids are hashed at once, and read where they belong. Each stands at a place of its own in many MiB:
 * read one behind the other without other work between them, these places are fetched from memory side by side.
 */
const AHEAD = 64
/** So many tables, a power of two: making one anew is a short pause, and takes little memory beside what is there. */
const TABLES = 64
/** Of the smallest table once it is made anew: one user's window fills an eighth, so that it is seldom made anew. */
const SLOTS_MIN = 512

/**
 * Which operation has which id of which user: over each user's window and all that is not final. Hash tables in flat arrays,
 * for there may be thousands of ids for each of thousands of users, and each operation is looked up.
 */
export class Ids {
  readonly #options: IdsOptions
  readonly #users = new Map<string, number>()
  readonly #names: string[] = []
  /** How many of each user's operations are final. */
  #counts = new Float64Array(64)
  /** Their sizes are spread over one step of their growth, so that they are not full at the same time. */
  readonly #tables = Array.from(
    { length: TABLES },
    (_, index) => new IdTable(Math.floor(SLOTS_MIN * GROWTH ** (index / TABLES))),
  )
  /** Further operations of the same id that are not final, in the order. Nearly always there are none. */
  readonly #doubles = new Map<string, Place[]>()
  /** The id that is looked for, in UTF-8. */
  readonly #sought = new TextWriter()
  #hashLow = 0
  #hashHigh = 0
  /** The table that `tidy` looks at next. */
  #next = 0
  /** Keeps the compiler from leaving out what is only read ahead. */
  #fetched = 0

  constructor(options: IdsOptions) {
    this.#options = options
  }

  /** To be handed to `add` or `finalise` with each of the batch's operations. */
  of(batch: BatchWithIds): IdsOfBatch {
    const noted = batch.note as IdsOfBatch | undefined
    if (noted?.keeper === this) return noted
    const owners = batch.users.map((user) => this.#userNumber(user))
    const { count } = batch
    const hashes = new Uint32Array(2 * Math.min(AHEAD, count))
    const known = { keeper: this, batch, owners, slots: new Uint32Array(count), hashes, begin: 0, end: 0 }
    batch.note = known
    return known
  }

  /** The first operation of this user with this id, of those known and not behind the window. */
  find(user: string, id: string): Place | undefined {
    const owner = this.#users.get(user)
    if (owner === undefined) return undefined
    this.#sought.clear()
    this.#sought.text(id)
    const { bytes, length } = this.#sought
    this.#hash(owner, bytes, 0, length)
    const table = this.#tableOf(this.#hashHigh)
    const slot = this.#slot(table, owner, bytes, 0, length, 0)
    const place = table.placeAt(slot)
    if (place === 0) return undefined
    return this.#isStale(table, slot) ? this.#doubles.get(table.keyAt(slot))?.[0] : place
  }

  /** The batch's operation at `index` is known. */
  add(known: IdsOfBatch, index: number, place: Place): void {
    const owner = this.#look(known, index)
    const table = this.#tableOf(this.#hashHigh)
    let slot = this.#slotIn(known.batch, index, table, owner, place)
    const first = table.placeAt(slot)
    if (first === 0) slot = this.#insert(table, slot, owner, place)
    else if (first !== place) this.#addDouble(table, slot, first, place)
    known.slots[index] = slot * TABLES + (this.#hashHigh & (TABLES - 1)) + 1
  }

  /**
   * The batch's operation at `index` is final, and all before it in the order are: whether it is left out, for one of the
   * `ID_WINDOW` before it of its user had its id.
   */
  finalise(known: IdsOfBatch, index: number, place: Place): boolean {
    const owner = known.owners[known.batch.userIndexAt(index)] as number
    const put = (known.slots[index] as number) - 1
    let table = this.#tableOf(put)
    let slot = Math.floor(put / TABLES)
    if (put < 0 || table.placeAt(slot) !== place) {
      this.#look(known, index)
      table = this.#tableOf(this.#hashHigh)
      slot = this.#slotIn(known.batch, index, table, owner, place)
      if (table.placeAt(slot) === 0) slot = this.#insert(table, slot, owner, place)
    }
    const count = (this.#counts[owner] as number) + 1
    this.#counts[owner] = count
    const behind = table.behindFinal(slot, count)
    const leftOut = behind >= 0 && behind <= ID_WINDOW
    table.setFinal(slot, count)
    if (!leftOut) table.setPlace(slot, place)
    if (this.#doubles.size > 0) this.#removeDouble(table, slot, place)
    return leftOut
  }

  /**
   * To be called now and then when all that is final has been told: gives memory back that ids took which are behind their windows
   * by now. After a server took everything at once, final at its end, that is half of it.
   */
  tidy(): void {
    const table = this.#tableOf(this.#next++)
    if (table.shrinks((slot) => this.#isStale(table, slot))) this.#renew(table)
  }

  /** Nothing is final any more: what is will be told anew, from the first on. */
  restart(): void {
    for (const table of this.#tables) table.forgetFinals()
    this.#counts.fill(0)
  }

  #userNumber(name: string): number {
    let number = this.#users.get(name)
    if (number === undefined) {
      number = this.#names.length
      this.#users.set(name, number)
      this.#names.push(name)
      if (number >= this.#counts.length) {
        const counts = new Float64Array(this.#counts.length * 2)
        counts.set(this.#counts)
        this.#counts = counts
      }
    }
    return number
  }

  /** Makes the hash of the batch's id at `index` the one that is looked for; its user's number. */
  #look(known: IdsOfBatch, index: number): number {
    if (index < known.begin || index >= known.end) this.#fetch(known, index)
    const at = 2 * (index - known.begin)
    this.#hashLow = known.hashes[at] as number
    this.#hashHigh = known.hashes[at + 1] as number
    return known.owners[known.batch.userIndexAt(index)] as number
  }

  #fetch(known: IdsOfBatch, from: number): void {
    const { batch, owners, hashes } = known
    known.begin = from
    known.end = Math.min(batch.count, from + AHEAD)
    const { ids } = batch
    for (let index = from; index < known.end; index++) {
      const owner = owners[batch.userIndexAt(index)] as number
      this.#hash(owner, ids, batch.idStart(index), batch.idStart(index + 1))
      hashes[2 * (index - from)] = this.#hashLow
      hashes[2 * (index - from) + 1] = this.#hashHigh
    }
    for (let at = 0; at < 2 * (known.end - from); at += 2) {
      const table = this.#tableOf(hashes[at + 1] as number)
      this.#fetched = (this.#fetched + table.placeAt(table.home(hashes[at] as number))) | 0
    }
  }

  #slotIn(batch: BatchWithIds, index: number, table: IdTable, owner: number, place: Place): number {
    return this.#slot(table, owner, batch.ids, batch.idStart(index), batch.idStart(index + 1), place)
  }

  #isStale(table: IdTable, slot: number): boolean {
    return table.behindFinal(slot, this.#counts[table.ownerAt(slot)] as number) >= ID_WINDOW
  }

  /** The slot of the id whose hash is looked for, or the free one where it belongs. */
  #slot(table: IdTable, owner: number, bytes: Uint8Array, start: number, end: number, place: Place): number {
    for (let slot = table.home(this.#hashLow); ; slot = table.after(slot)) {
      const known = table.placeAt(slot)
      if (known === 0 || known === place) return slot
      if (!table.fits(slot, this.#hashLow, this.#hashHigh, owner)) continue
      const name = this.#names[owner] as string
      if (this.#options.isOf(known, name, bytes.subarray(start, end))) return slot
    }
  }

  #insert(table: IdTable, free: number, owner: number, place: Place): number {
    table.take(free, this.#hashLow, this.#hashHigh, owner, place)
    if (!table.full) return free
    this.#renew(table)
    let slot = table.home(this.#hashLow)
    while (table.placeAt(slot) !== place) slot = table.after(slot)
    return slot
  }

  #renew(table: IdTable): void {
    table.renew((slot) => {
      if (this.#isStale(table, slot)) this.#renewOrDrop(table, slot)
    })
  }

  #addDouble(table: IdTable, slot: number, known: Place, place: Place): void {
    if (this.#isStale(table, slot)) {
      table.setPlace(slot, place)
      table.setFinal(slot, 0)
      return
    }
    const { compare } = this.#options
    const key = table.keyAt(slot)
    const doubles = this.#doubles.get(key) ?? []
    const later = compare(known, place) < 0 ? place : known
    if (later === known) table.setPlace(slot, place)
    if (!doubles.includes(later)) this.#doubles.set(key, [...doubles, later].toSorted(compare))
  }

  #removeDouble(table: IdTable, slot: number, place: Place): void {
    const key = table.keyAt(slot)
    const doubles = this.#doubles.get(key)
    if (doubles === undefined) return
    const left = doubles.filter((each) => each !== place)
    if (left.length === 0) this.#doubles.delete(key)
    else this.#doubles.set(key, left)
  }

  /** What is behind the window makes room, or for a later operation of the same id. */
  #renewOrDrop(table: IdTable, slot: number): void {
    table.setFinal(slot, 0)
    table.setPlace(slot, 0)
    if (this.#doubles.size === 0) return
    const key = table.keyAt(slot)
    const [next, ...rest] = this.#doubles.get(key) ?? []
    table.setPlace(slot, next ?? 0)
    if (rest.length === 0) this.#doubles.delete(key)
    else this.#doubles.set(key, rest)
  }

  /** The table where an id with this upper half of the hash belongs. */
  #tableOf(high: number): IdTable {
    return this.#tables[high & (TABLES - 1)] as IdTable
  }

  /** Two lanes like FNV-1a (Fowler, Noll, Vo) with different factors, four bytes at a time, from a secret beginning. */
  #hash(owner: number, bytes: Uint8Array, start: number, end: number): void {
    let low = this.#options.seed ^ Math.imul(owner + 1, 0x9e37_79b1)
    let high = Math.imul(this.#options.seed, 0x85eb_ca6b) + owner
    for (let at = start; at < end; at += 4) {
      const word = wordAt(bytes, at, end)
      low = Math.imul(low ^ word, 0x0100_0193)
      low ^= low >>> 16
      high = Math.imul(high ^ word, 0x5bd1_e995)
      high ^= high >>> 15
    }
    low ^= low >>> 15
    low = Math.imul(low, 0x2c1b_3c6d)
    low ^= low >>> 12
    this.#hashLow = low >>> 0
    this.#hashHigh = high >>> 0
  }
}

/** Four bytes as a number, fewer at the end. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number
  if (at + 4 <= end) {
    return (
      first |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    )
  }
  const second = at + 1 < end ? (bytes[at + 1] as number) << 8 : 0
  return first | second | (at + 2 < end ? (bytes[at + 2] as number) << 16 : 0)
}
