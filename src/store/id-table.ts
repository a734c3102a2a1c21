import type { Place } from './ids.ts'

/** A slot: one wide number, then four words. */
const [WIDE, PLACE] = [3, 0]
const [WORDS, LOW, HIGH, OWNER, FINAL] = [6, 2, 3, 4, 5]
/** Counts of final operations go round, to fit a word: no slot stays unseen for so many of one user's. 0 is none. */
const ROUND = 2 ** 32 - 1

/** The part of the slots that may be taken, and how many there are for each taken one once the table is made anew. */
const [TAKEN_MAX, ROOM] = [3 / 4, 2]
/** What a full table grows by when `review` frees nothing. */
export const GROWTH = TAKEN_MAX * ROOM
/** It is made anew to give back memory when it has at most this part of its slots then, looked for once so many as that part became final. */
const [SMALLER, FINALS] = [3 / 4, 1 / 4]
/** The part of its least number of slots that a table begins with: many never hold more. */
const BEGINNING = 1 / 32

/**
 * Slots for ids, found by hash (open addressing, linear probing), in one flat array: what is read of a slot lies together,
 * and a table that is made anew is read and written from one end to the other, for `home` keeps the order of hashes.
 */
export class IdTable {
  readonly #least: number
  #capacity = 0
  #used = 0
  /** How often one of its slots became final, since it was made anew or last looked through. */
  #finals = 0
  #wide = new Float64Array(0)
  /** The same memory. */
  #words = new Uint32Array(0)

  /** `least`: how many slots there are at least, once it has been full. */
  constructor(least: number) {
    this.#least = least
    this.#allocate(Math.ceil(least * BEGINNING))
  }

  /** Whether it must be made anew before it takes another. */
  get full(): boolean {
    return this.#used > this.#capacity * TAKEN_MAX
  }

  /** Where an id with this lower half of the hash belongs: the half as a part of the table (Lemire's reduction). */
  home(low: number): number {
    return Math.floor((low / 2 ** 32) * this.#capacity)
  }

  /** The slot to look at next. */
  after(slot: number): number {
    return slot + 1 < this.#capacity ? slot + 1 : 0
  }

  /** The first operation in the order with the slot's id, of those known and not behind the window; 0 when the slot is free. */
  placeAt(slot: number): Place {
    return this.#wide[slot * WIDE + PLACE] as number
  }

  setPlace(slot: number, place: Place): void {
    this.#wide[slot * WIDE + PLACE] = place
  }

  /** The operation of the slot's id that became final last was this one of its user's final ones; 0: none is final. */
  setFinal(slot: number, count: number): void {
    if (count > 0) this.#finals++
    this.#words[slot * WORDS + FINAL] = roundOf(count)
  }

  /** How far behind this one of its user's final operations that is; -1 while none is final. */
  behindFinal(slot: number, count: number): number {
    const final = this.#words[slot * WORDS + FINAL] as number
    if (final === 0) return -1
    const behind = roundOf(count) - final
    return behind < 0 ? behind + ROUND : behind
  }

  ownerAt(slot: number): number {
    return this.#words[slot * WORDS + OWNER] as number
  }

  /** Whether an id of this owner with this hash may be the slot's: another id may have the same hash. */
  fits(slot: number, low: number, high: number, owner: number): boolean {
    const at = slot * WORDS
    return (
      this.#words[at + LOW] === low && this.#words[at + HIGH] === high && this.#words[at + OWNER] === owner
    )
  }

  /** The same text for a slot however often the table is made anew. */
  keyAt(slot: number): string {
    const at = slot * WORDS
    return `${this.#words[at + OWNER]} ${this.#words[at + LOW]} ${this.#words[at + HIGH]}`
  }

  /** Takes a free slot. */
  take(slot: number, low: number, high: number, owner: number, place: Place): void {
    this.#words[slot * WORDS + LOW] = low
    this.#words[slot * WORDS + HIGH] = high
    this.#words[slot * WORDS + OWNER] = owner
    this.setPlace(slot, place)
    this.setFinal(slot, 0)
    this.#used++
  }

  forgetFinals(): void {
    for (let slot = 0; slot < this.#capacity; slot++) this.setFinal(slot, 0)
  }

  /** Whether much of it may be given back: it is looked through for that now and then. */
  shrinks(isStale: (slot: number) => boolean): boolean {
    if (this.#capacity <= this.#least || this.#finals < this.#capacity * FINALS) return false
    this.#finals = 0
    let live = 0
    for (let slot = 0; slot < this.#capacity; slot++) {
      if (this.placeAt(slot) !== 0 && !isStale(slot)) live++
    }
    return this.#sizeFor(live) <= this.#capacity * SMALLER
  }

  /** Makes the table anew with room for as much again; `review` may free each slot before. */
  renew(review: (slot: number) => void): void {
    const [capacity, old] = [this.#capacity, this.#words]
    let live = 0
    for (let slot = 0; slot < capacity; slot++) {
      if (this.placeAt(slot) === 0) continue
      review(slot)
      if (this.placeAt(slot) !== 0) live++
    }
    const places = this.#wide
    this.#allocate(this.#sizeFor(live))
    for (let slot = 0; slot < capacity; slot++) {
      if (places[slot * WIDE + PLACE] !== 0) this.#move(old, slot)
    }
  }

  #move(old: Uint32Array, from: number): void {
    let slot = this.home(old[from * WORDS + LOW] as number)
    while (this.placeAt(slot) !== 0) slot = this.after(slot)
    // As words: a hash read as a wide number may be no number, whose bits are not kept.
    for (let at = 0; at < WORDS; at++) this.#words[slot * WORDS + at] = old[from * WORDS + at] as number
    this.#used++
  }

  #sizeFor(live: number): number {
    return Math.max(this.#least, live * ROOM)
  }

  #allocate(capacity: number): void {
    this.#capacity = capacity
    this.#used = 0
    this.#finals = 0
    this.#wide = new Float64Array(capacity * WIDE)
    this.#words = new Uint32Array(this.#wide.buffer)
  }
}

function roundOf(count: number): number {
  return count <= ROUND ? count : ((count - 1) % ROUND) + 1
}
