import { comparePositions, type Position } from '../wire/index.ts'
import type { Members } from './types.ts'

interface Membership {
  /** The last operation in the order that says whether the user is a member. */
  readonly position: Position
  readonly member: boolean
}

/**
 * Who is a member of which private channel: a function of the set alone. Of all that was said of a user and a channel the last
 * in the order counts.
 */
export class Groups {
  /** By channel: the first operation in the order that made it private. */
  readonly #made = new Map<string, Position>()
  readonly #members = new Map<string, Map<string, Membership>>()

  /** A channel was made private, with these members. */
  make(channel: string, names: readonly string[], position: Position): void {
    const known = this.#made.get(channel)
    if (known === undefined || comparePositions(position, known) < 0) this.#made.set(channel, position)
    // Of a channel that all had left, restored, nobody is named.
    for (const name of names) if (name !== '') this.set(channel, name, true, position)
  }

  set(channel: string, name: string, member: boolean, position: Position): void {
    let members = this.#members.get(channel)
    if (members === undefined) {
      members = new Map()
      this.#members.set(channel, members)
    }
    const known = members.get(name)
    if (known === undefined || comparePositions(known.position, position) < 0)
      members.set(name, { position, member })
  }

  /**
   * The members, each with the operation, the last in the order, that made it one. Undefined when the channel was not
   * made private by this operation, the first in the order that made it.
   */
  membersOf(channel: string, made: Position | undefined): Members | undefined {
    const known = this.#made.get(channel)
    if (made === undefined || known === undefined || comparePositions(made, known) !== 0) return undefined
    const members = new Map<string, Position>()
    for (const [name, { member, position }] of this.#members.get(channel) ?? []) {
      // What another made at the same moment under this name, and lost, says nothing.
      if (member && comparePositions(position, known) >= 0) members.set(name, position)
    }
    return members
  }
}
