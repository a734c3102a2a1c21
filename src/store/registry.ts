import { comparePositions, type Position } from '../wire/index.ts'

/** Names with the first operation, in the order, that made each: the users, or the channels. */
export class Names {
  readonly #first = new Map<string, Position>()
  #sorted: readonly string[] | undefined

  get(name: string): Position | undefined {
    return this.#first.get(name)
  }

  /** Sorted by code points of their ASCII characters. */
  get sorted(): readonly string[] {
    this.#sorted ??= [...this.#first.keys()].toSorted()
    return this.#sorted
  }

  /** Whether the name was new. */
  add(name: string, position: Position): boolean {
    const known = this.#first.get(name)
    if (known !== undefined && comparePositions(known, position) <= 0) return false
    this.#first.set(name, position)
    if (known === undefined) this.#sorted = undefined
    return known === undefined
  }
}
