import { comparePositions, ID_WINDOW, type Position } from '../wire/index.ts'

/** The operations of each user and id, in the order: over each user's window and all that is not final. */
export class Ids {
  /** Nearly always there is one: only more of them are an array. */
  readonly #users = new Map<string, Map<string, Position | readonly Position[]>>()

  /** The first of them. */
  find(user: string, id: string): Position | undefined {
    const known = this.#users.get(user)?.get(id)
    return isOne(known) ? known : known[0]
  }

  add(user: string, id: string, position: Position): void {
    let ids = this.#users.get(user)
    if (ids === undefined) {
      ids = new Map()
      this.#users.set(user, ids)
    }
    const known = ids.get(id)
    if (known === undefined) {
      ids.set(id, position)
      return
    }
    const all = isOne(known) ? [known] : known
    if (all.some((each) => comparePositions(each, position) === 0)) return
    ids.set(id, [...all, position].toSorted(comparePositions))
  }

  /** The window of the user has moved past this id, up to an operation: what stands behind that still has it. */
  forget(user: string, id: string, upTo: Position): void {
    const ids = this.#users.get(user)
    const known = ids?.get(id)
    if (ids === undefined || known === undefined) return
    const left = (isOne(known) ? [known] : known).filter((each) => comparePositions(each, upTo) > 0)
    if (left[0] === undefined) ids.delete(id)
    else ids.set(id, left.length === 1 ? left[0] : left)
  }
}

function isOne<Value>(known: Value | readonly Position[]): known is Exclude<Value, readonly Position[]> {
  return !Array.isArray(known)
}

/** One user's last ids in the order, as the rule counts them: those left out too. */
export class IdWindow {
  readonly #ring: string[] = []
  #next = 0
  readonly #counts = new Map<string, number>()

  /** Moves the window by one operation: whether it is left out, and the id that fell out of the window, if any. */
  push(id: string): { leftOut: boolean; forgotten: string | undefined } {
    const leftOut = this.#counts.has(id)
    let forgotten: string | undefined
    if (this.#ring.length === ID_WINDOW) {
      const oldest = this.#ring[this.#next] as string
      const count = (this.#counts.get(oldest) as number) - 1
      if (count === 0) {
        this.#counts.delete(oldest)
        if (oldest !== id) forgotten = oldest
      } else this.#counts.set(oldest, count)
    }
    this.#ring[this.#next] = id
    this.#next = (this.#next + 1) % ID_WINDOW
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
    return { leftOut, forgotten }
  }
}
