import { ID_WINDOW } from '../wire/index.ts'

/** One user's last ids in the order, as the rule counts them: those left out too. */
export class IdWindow {
  readonly #last = new Map<string, number>()
  #count = 0

  /** Moves the window by one operation: whether it is left out. */
  push(id: string): boolean {
    this.#count++
    const last = this.#last.get(id)
    this.#last.delete(id)
    this.#last.set(id, this.#count)
    for (const [eldest, at] of this.#last) {
      if (this.#count - at < ID_WINDOW) break
      this.#last.delete(eldest)
    }
    return last !== undefined && this.#count - last <= ID_WINDOW
  }
}
