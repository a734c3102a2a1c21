import { type Batch, KINDS } from '../wire/index.ts'
import { Groups } from './groups.ts'
import { Names } from './registry.ts'

const [LOGIN, CHANNEL, , , , SECRET, PRIVATE, INVITE, LEAVE] = KINDS.keys()

/** What `registry.json` shows: the users, the channels, and who the members of the private ones are. */
export class Registered {
  readonly #users = new Names()
  readonly #channels = new Names()
  readonly #groups = new Groups()

  /** Takes an operation that says nothing; whether it may have changed what the file shows. */
  add(batch: Batch, index: number): boolean {
    const { origin, incarnation } = batch
    const position = { clock: batch.clockAt(index), origin, incarnation, seq: batch.firstSeq + index }
    const kind = batch.kindAt(index)
    const [user, target] = [batch.userAt(index), batch.targetAt(index)]
    if (kind === LOGIN || kind === SECRET) return this.#users.add(user, position)
    if (kind === CHANNEL) return this.#channels.add(target, position)
    if (kind !== PRIVATE && kind !== INVITE && kind !== LEAVE) return false
    const about = String(batch.operationAt(index).message ?? '')
    if (kind === PRIVATE) {
      this.#channels.add(target, position)
      this.#groups.make(target, about.split(' '), position)
    }
    if (kind === INVITE) this.#groups.set(target, about, true, position)
    if (kind === LEAVE) this.#groups.set(target, user, false, position)
    return true
  }

  /** Sorted; where no channel is private nothing is said of that. */
  render(): string {
    const [users, channels] = [this.#users.sorted, this.#channels.sorted]
    const ofMembers = channels.flatMap((channel) => {
      const members = this.#groups.membersOf(channel)
      return members === undefined ? [] : [[channel, [...members.keys()].toSorted()] as const]
    })
    const members =
      ofMembers.length === 0
        ? {}
        : { private: ofMembers.map(([channel, names]) => ({ channel, members: names })) }
    return `${JSON.stringify({ users, channels, ...members }, null, 2)}\n`
  }
}
