import { comparePositions, ID_WINDOW, type Position } from '../wire/index.ts'

/** The first operation, in the order, of each user and id: over each user's window and all that is not final. */
export class Ids {
  readonly #users = new Map<string, Map<string, Position>>()

  find(user: string, id: string): Position | undefined {
    return this.#users.get(user)?.get(id)
  }

  add(user: string, id: string, position: Position): void {
    let ids = this.#users.get(user)
    if (ids === undefined) {
      ids = new Map()
      this.#users.set(user, ids)
    }
    const known = ids.get(id)
    if (known === undefined || comparePositions(position, known) < 0) ids.set(id, position)
  }

  /** The window of the user has moved past this id; it is forgotten unless a newer operation, not yet final, has it. */
  forget(user: string, id: string, finalClock: number): void {
    const ids = this.#users.get(user)
    const known = ids?.get(id)
    if (known !== undefined && known.clock <= finalClock) ids?.delete(id)
  }
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
