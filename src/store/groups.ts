import { comparePositions, type Position } from '../wire/index.ts'
import type { Members } from './types.ts'

interface Membership {
  /** The last operation in the order that says whether the user is a member. */
  readonly position: Position
  readonly member: boolean
}

/** What all operations together say that made a channel private. Mostly it is one. */
interface Making {
  /** The first of them in the order. */
  position: Position
  /** Whom each of them names, and whom any of them does. */
  common: ReadonlySet<string>
  readonly named: Set<string>
}

/**
 * Who is a member of which private channel: a function of the set alone. What was once made private is private, whatever else made
 * a channel of that name: what is said there in confidence must not be opened by an operation that comes late. For the same
 * reason, where several made it at the same moment, for other members each, those whom all of them named are members, until
 * they leave, and nobody else: whoever invites may be a member by another's word alone. Else of all that was said of a user
 * the last in the order counts.
 */
export class Groups {
  readonly #made = new Map<string, Making>()
  readonly #said = new Map<string, Map<string, Membership>>()

  /** A channel was made private, with these members. */
  make(channel: string, names: readonly string[], position: Position): void {
    // Of a channel that all had left, restored, nobody is named.
    const members = new Set(names.filter((name) => name !== ''))
    const known = this.#made.get(channel)
    if (known === undefined) {
      this.#made.set(channel, { position, common: members, named: new Set(members) })
      return
    }
    if (comparePositions(position, known.position) < 0) known.position = position
    known.common = new Set([...known.common].filter((name) => members.has(name)))
    for (const name of members) known.named.add(name)
  }

  /** Somebody was invited, or left. */
  set(channel: string, name: string, member: boolean, position: Position): void {
    let said = this.#said.get(channel)
    if (said === undefined) {
      said = new Map()
      this.#said.set(channel, said)
    }
    const known = said.get(name)
    if (known === undefined || comparePositions(known.position, position) < 0)
      said.set(name, { position, member })
  }

  /** The members, each with the operation that made it one. Undefined when the channel was never made private. */
  membersOf(channel: string): Members | undefined {
    const made = this.#made.get(channel)
    if (made === undefined) return undefined
    const isOne = made.named.size === made.common.size
    const members = new Map<string, Position>()
    for (const name of made.common) members.set(name, made.position)
    for (const [name, { member, position }] of this.#said.get(channel) ?? []) {
      if (isOne && member) members.set(name, position)
      else if (!member || !isOne) members.delete(name)
    }
    return members
  }
}
