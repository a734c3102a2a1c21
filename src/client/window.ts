/** Items by their numbers, which rise by one from 1: those from the oldest that is left on. */
export class Window<Item> {
  /** From the number `#first` on; undefined is what was taken out. */
  #items: (Item | undefined)[] = []
  #first = 1
  /** How many at the beginning of `#items` were taken out. */
  #gone = 0
  #size = 0

  /** How many are left. */
  get size(): number {
    return this.#size
  }

  /** The number of the oldest that is left, `next` if there is none. */
  get oldest(): number {
    return this.#first + this.#gone
  }

  /** The number that the next one will have. */
  get next(): number {
    return this.#first + this.#items.length
  }

  add(item: Item): void {
    this.#items.push(item)
    this.#size++
  }

  get(number: number): Item | undefined {
    return this.#items[number - this.#first]
  }

  delete(number: number): void {
    if (this.get(number) === undefined) return
    this.#items[number - this.#first] = undefined
    this.#size--
    while (this.#gone < this.#items.length && this.#items[this.#gone] === undefined) this.#gone++
    if (this.#gone < 1024 || this.#gone * 2 < this.#items.length) return
    this.#items.splice(0, this.#gone)
    this.#first += this.#gone
    this.#gone = 0
  }

  /** Those that are left; they may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<Item, void, undefined> {
    for (let number = this.oldest; number < this.next; number++) {
      const item = this.get(number)
      if (item !== undefined) yield item
    }
  }
}
