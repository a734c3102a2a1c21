import { ID_WINDOW, TextWriter } from '../wire/index.ts'
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

/** So many tables, a power of two: making one anew is a short pause, and takes little memory beside what is there. */
const TABLES = 64
/** Of the smallest table. */
const SLOTS_MIN = 64

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

  constructor(options: IdsOptions) {
    this.#options = options
  }

  /** A user's number here. */
  userNumber(name: string): number {
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

  /** The first operation of this user with this id, of those known and not behind the window. */
  find(user: string, id: string): Place | undefined {
    const owner = this.#users.get(user)
    if (owner === undefined) return undefined
    this.#sought.clear()
    this.#sought.text(id)
    const { bytes, length } = this.#sought
    const table = this.#tableOf(owner, bytes, 0, length)
    const slot = this.#slot(table, owner, bytes, 0, length, 0)
    const place = table.placeAt(slot)
    if (place === 0) return undefined
    return this.#isStale(table, slot) ? this.#doubles.get(table.keyAt(slot))?.[0] : place
  }

  /** An operation is known: its id stands in `bytes` from `start` to `end`. */
  add(owner: number, bytes: Uint8Array, start: number, end: number, place: Place): void {
    const table = this.#tableOf(owner, bytes, start, end)
    const slot = this.#slot(table, owner, bytes, start, end, place)
    const known = table.placeAt(slot)
    if (known === 0) this.#insert(table, slot, owner, place)
    else if (known !== place) this.#addDouble(table, slot, known, place)
  }

  /**
   * An operation is final, and all before it in the order are: whether it is left out, for one of the `ID_WINDOW` before it
   * of its user had its id.
   */
  finalise(owner: number, bytes: Uint8Array, start: number, end: number, place: Place): boolean {
    const table = this.#tableOf(owner, bytes, start, end)
    let slot = this.#slot(table, owner, bytes, start, end, place)
    if (table.placeAt(slot) === 0) slot = this.#insert(table, slot, owner, place)
    const count = (this.#counts[owner] as number) + 1
    this.#counts[owner] = count
    const last = table.finalAt(slot)
    const leftOut = last > 0 && count - last <= ID_WINDOW
    table.setFinal(slot, count)
    if (!leftOut) table.setPlace(slot, place)
    if (this.#doubles.size > 0) this.#removeDouble(table, slot, place)
    return leftOut
  }

  /** Nothing is final any more: what is will be told anew, from the first on. */
  restart(): void {
    for (const table of this.#tables) table.forgetFinals()
    this.#counts.fill(0)
  }

  #isStale(table: IdTable, slot: number): boolean {
    const last = table.finalAt(slot)
    return last > 0 && (this.#counts[table.ownerAt(slot)] as number) - last >= ID_WINDOW
  }

  /** The slot of the id whose hash has just been made, or the free one where it belongs. */
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
    table.renew((slot) => {
      if (this.#isStale(table, slot)) this.#renewOrDrop(table, slot)
    })
    let slot = table.home(this.#hashLow)
    while (table.placeAt(slot) !== place) slot = table.after(slot)
    return slot
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

  /** The table where this id belongs; makes its hash. */
  #tableOf(owner: number, bytes: Uint8Array, start: number, end: number): IdTable {
    this.#hash(owner, bytes, start, end)
    return this.#tables[this.#hashHigh & (TABLES - 1)] as IdTable
  }

  /** Two lanes of FNV-1a (Fowler, Noll, Vo) with different primes, from a secret beginning. */
  #hash(owner: number, bytes: Uint8Array, start: number, end: number): void {
    let low = this.#options.seed ^ Math.imul(owner + 1, 0x9e37_79b1)
    let high = Math.imul(this.#options.seed, 0x85eb_ca6b) + owner
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number
      low = Math.imul(low ^ byte, 0x0100_0193)
      high = Math.imul(high ^ byte, 0x5bd1_e995)
      high ^= high >>> 15
    }
    low ^= low >>> 15
    low = Math.imul(low, 0x2c1b_3c6d)
    low ^= low >>> 12
    this.#hashLow = low >>> 0
    this.#hashHigh = high >>> 0
  }
}
