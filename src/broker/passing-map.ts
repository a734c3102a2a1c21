/** So many are added, at least, before the Map within is replaced. */
const RENEWED_AFTER = 64

/**
 * A Map for what is soon taken out again. In a plain one each of V8's tables points to the one that took its place, for the
 * sake of iterators, and deleting makes new tables as adding does. Once a table has come to the old generation, all that follow
 * it come there too, each with what it held when it was outgrown, and stay until the old generation is collected: hundreds of
 * MiB of messages that nobody has any more. So a new Map takes the place of the one within now and then, whose tables no
 * former one points to.
 */
export class PassingMap<Key, Value> {
  #map = new Map<Key, Value>()
  #added = 0

  get size(): number {
    return this.#map.size
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#added >= RENEWED_AFTER && this.#added >= this.#map.size) {
      this.#map = new Map(this.#map)
      this.#added = 0
    }
    this.#added++
    this.#map.set(key, value)
  }

  delete(key: Key): boolean {
    return this.#map.delete(key)
  }

  /** In the order in which they were added. They may be deleted meanwhile, but nothing may be added. */
  values(): Iterable<Value> {
    return this.#map.values()
  }
}
