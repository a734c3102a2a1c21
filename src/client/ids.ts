/** Pairs of user and id that are known: between one and two times as many. */
const IDS_MAX = 32_768

/** Pairs of user and id. Nearly always the ids alone differ, so that no text need be made of both. */
class Pairs {
  /** Who has the id; of several the first. */
  readonly #firsts = new Map<string, string>()
  /** `user/id`, where another had the id first. */
  readonly #others = new Set<string>()

  get size(): number {
    return this.#firsts.size + this.#others.size
  }

  has(user: string, id: string): boolean {
    const first = this.#firsts.get(id)
    return first !== undefined && (first === user || this.#others.has(`${user}/${id}`))
  }

  add(user: string, id: string): void {
    if (this.#firsts.has(id)) this.#others.add(`${user}/${id}`)
    else this.#firsts.set(id, user)
  }
}

/** Which ids of which users were met lately. */
export class Ids {
  #recent = new Pairs()
  #older = new Pairs()

  /** Whether it is the first time that it is met; from now on it is known. */
  isNew(user: string, id: string): boolean {
    if (this.#recent.has(user, id) || this.#older.has(user, id)) return false
    if (this.#recent.size >= IDS_MAX) {
      this.#older = this.#recent
      this.#recent = new Pairs()
    }
    this.#recent.add(user, id)
    return true
  }
}
