import { ID_WINDOW, TextWriter } from '../wire/index.ts'

/** Where an operation stands: a number that `Places` makes of its stream and `seq`. 0 is none. */
export type Place = number

export interface IdsOptions {
  /** Makes hashes differ from process to process, so that nobody can choose ids that meet in the table. */
  readonly seed: number
  /** Whether the operation at this place has this user and id: two ids may have one hash. */
  readonly isOf: (place: Place, user: string, id: Uint8Array) => boolean
  /** Negative when the first stands before the second in the order. */
  readonly compare: (a: Place, b: Place) => number
}

const CAPACITY_MIN = 4096

/**
 * Which operation has which id of which user: over each user's window and all that is not final. A hash table in a few
 * flat arrays, for there may be thousands of ids for each of thousands of users, and each operation is looked up.
 */
export class Ids {
  readonly #options: IdsOptions
  readonly #users = new Map<string, number>()
  readonly #names: string[] = []
  /** How many of each user's operations are final. */
  #counts = new Float64Array(64)
  #capacity = 0
  #used = 0
  #low = new Uint32Array(0)
  #high = new Uint32Array(0)
  #owners = new Uint32Array(0)
  /** The first operation in the order, of those known and not behind the window. */
  #places = new Float64Array(0)
  /** Which of its user's final operations had this id last; 0 while none is final. */
  #finals = new Float64Array(0)
  /** Further operations of the same id that are not final, in the order. Nearly always there are none. */
  readonly #doubles = new Map<string, Place[]>()
  /** The id that is looked for, in UTF-8. */
  readonly #sought = new TextWriter()
  #hashLow = 0
  #hashHigh = 0

  constructor(options: IdsOptions) {
    this.#options = options
    this.#allocate(CAPACITY_MIN)
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
    this.#hash(owner, bytes, 0, length)
    const slot = this.#slot(owner, bytes, 0, length, 0)
    const place = this.#places[slot] as number
    if (place === 0) return undefined
    return this.#isStale(slot) ? this.#doubles.get(this.#keyOf(slot))?.[0] : place
  }

  /** An operation is known: its id stands in `bytes` from `start` to `end`. */
  add(owner: number, bytes: Uint8Array, start: number, end: number, place: Place): void {
    this.#hash(owner, bytes, start, end)
    const slot = this.#slot(owner, bytes, start, end, place)
    const known = this.#places[slot] as number
    if (known === 0) this.#insert(slot, owner, place)
    else if (known !== place) this.#addDouble(slot, known, place)
  }

  /**
   * An operation is final, and all before it in the order are: whether it is left out, for one of the `ID_WINDOW` before it
   * of its user had its id.
   */
  finalise(owner: number, bytes: Uint8Array, start: number, end: number, place: Place): boolean {
    this.#hash(owner, bytes, start, end)
    let slot = this.#slot(owner, bytes, start, end, place)
    if (this.#places[slot] === 0) slot = this.#insert(slot, owner, place)
    const count = (this.#counts[owner] as number) + 1
    this.#counts[owner] = count
    const last = this.#finals[slot] as number
    const leftOut = last > 0 && count - last <= ID_WINDOW
    this.#finals[slot] = count
    if (!leftOut) this.#places[slot] = place
    if (this.#doubles.size > 0) this.#removeDouble(slot, place)
    return leftOut
  }

  /** Nothing is final any more: what is will be told anew, from the first on. */
  restart(): void {
    this.#finals.fill(0)
    this.#counts.fill(0)
  }

  #isStale(slot: number): boolean {
    const last = this.#finals[slot] as number
    return last > 0 && (this.#counts[this.#owners[slot] as number] as number) - last >= ID_WINDOW
  }

  /** The slot of this id, whose hash has just been made, or the free one where it belongs. */
  #slot(owner: number, bytes: Uint8Array, start: number, end: number, place: Place): number {
    const mask = this.#capacity - 1
    let slot = this.#hashLow & mask
    for (;;) {
      const known = this.#places[slot] as number
      if (known === 0 || known === place) return slot
      const same =
        this.#low[slot] === this.#hashLow &&
        this.#high[slot] === this.#hashHigh &&
        this.#owners[slot] === owner
      if (same && this.#options.isOf(known, this.#names[owner] as string, bytes.subarray(start, end)))
        return slot
      slot = (slot + 1) & mask
    }
  }

  #insert(slot: number, owner: number, place: Place): number {
    this.#low[slot] = this.#hashLow
    this.#high[slot] = this.#hashHigh
    this.#owners[slot] = owner
    this.#places[slot] = place
    this.#finals[slot] = 0
    this.#used++
    if (this.#used * 4 <= this.#capacity * 3) return slot
    this.#rebuild()
    return this.#slotOfPlace(place)
  }

  /** Where a place that is surely here has come to lie. */
  #slotOfPlace(place: Place): number {
    const mask = this.#capacity - 1
    let slot = this.#hashLow & mask
    while (this.#places[slot] !== place) slot = (slot + 1) & mask
    return slot
  }

  #addDouble(slot: number, known: Place, place: Place): void {
    if (this.#isStale(slot)) {
      this.#places[slot] = place
      this.#finals[slot] = 0
      return
    }
    const { compare } = this.#options
    const key = this.#keyOf(slot)
    const doubles = this.#doubles.get(key) ?? []
    const later = compare(known, place) < 0 ? place : known
    if (later === known) this.#places[slot] = place
    if (!doubles.includes(later)) this.#doubles.set(key, [...doubles, later].toSorted(compare))
  }

  #removeDouble(slot: number, place: Place): void {
    const key = this.#keyOf(slot)
    const doubles = this.#doubles.get(key)
    if (doubles === undefined) return
    const left = doubles.filter((each) => each !== place)
    if (left.length === 0) this.#doubles.delete(key)
    else this.#doubles.set(key, left)
  }

  #keyOf(slot: number): string {
    return `${this.#owners[slot]} ${this.#low[slot]} ${this.#high[slot]}`
  }

  /** Makes the table anew without what is behind its user's window. */
  #rebuild(): void {
    const old = {
      capacity: this.#capacity,
      low: this.#low,
      high: this.#high,
      owners: this.#owners,
      places: this.#places,
      finals: this.#finals,
    }
    let live = 0
    for (let slot = 0; slot < old.capacity; slot++) {
      if (old.places[slot] === 0) continue
      if (this.#isStale(slot)) this.#renewOrDrop(slot)
      if (old.places[slot] !== 0) live++
    }
    let capacity = CAPACITY_MIN
    while (capacity < live * 2) capacity *= 2
    this.#allocate(capacity)
    for (let slot = 0; slot < old.capacity; slot++) {
      if (old.places[slot] !== 0) this.#move(old, slot)
    }
  }

  /** What is behind the window makes room, or for a later operation of the same id. */
  #renewOrDrop(slot: number): void {
    this.#finals[slot] = 0
    this.#places[slot] = 0
    if (this.#doubles.size === 0) return
    const key = this.#keyOf(slot)
    const [next, ...rest] = this.#doubles.get(key) ?? []
    this.#places[slot] = next ?? 0
    if (rest.length === 0) this.#doubles.delete(key)
    else this.#doubles.set(key, rest)
  }

  #move(
    old: {
      low: Uint32Array
      high: Uint32Array
      owners: Uint32Array
      places: Float64Array
      finals: Float64Array
    },
    from: number,
  ): void {
    const mask = this.#capacity - 1
    let slot = (old.low[from] as number) & mask
    while (this.#places[slot] !== 0) slot = (slot + 1) & mask
    this.#low[slot] = old.low[from] as number
    this.#high[slot] = old.high[from] as number
    this.#owners[slot] = old.owners[from] as number
    this.#places[slot] = old.places[from] as number
    this.#finals[slot] = old.finals[from] as number
    this.#used++
  }

  #allocate(capacity: number): void {
    this.#capacity = capacity
    this.#used = 0
    this.#low = new Uint32Array(capacity)
    this.#high = new Uint32Array(capacity)
    this.#owners = new Uint32Array(capacity)
    this.#places = new Float64Array(capacity)
    this.#finals = new Float64Array(capacity)
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
