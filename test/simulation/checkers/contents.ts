import { type OperationName, type Publication, parseLine } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Accepted, Checker } from '../witness.ts'

const FILES = ['publications.jsonl', 'messages.jsonl']

/** What anybody is told, shown or finds in a file says what its sender said, to whom it was said, and when it was accepted. */
export class Contents implements Checker {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  accepted({ name }: SimulatedServer, { user, id, target, message }: Accepted): void {
    const { witness } = this.#cluster
    const wish = witness.wishes.get(`${user} ${id}`)
    if (wish?.message === undefined || (wish.message === message && wish.target === target)) return
    witness.find(
      `${name} accepted ${JSON.stringify(message)} to ${target} as ${id} of ${user}, who said "${wish.message}"`,
    )
  }

  live(subscriber: string, publication: Publication): void {
    this.#compare(subscriber, publication)
  }

  delivered(subscriber: string, publication: Publication): void {
    this.#compare(subscriber, publication)
  }

  page(reader: string, messages: readonly Publication[]): void {
    for (const each of messages) this.#compare(reader, each)
  }

  end(): void {
    for (const { name, disk, removed } of this.#cluster.servers) {
      if (removed) continue
      for (const file of FILES) {
        for (const line of disk.text(file).split('\n').slice(0, -1)) {
          const { origin, incarnation, seq, ...said } = parseLine(line)
          this.#check(`${file} of ${name}`, { origin, incarnation, seq }, said)
        }
      }
    }
  }

  #compare(who: string, { operation, channel, to, ...said }: Publication): void {
    this.#check(who, operation, { ...said, target: channel ?? to ?? '' })
  }

  #check(
    who: string,
    { origin, incarnation, seq }: Omit<OperationName, 'clock'>,
    said: Pick<Accepted, 'user' | 'id' | 'target' | 'message' | 'timestamp'>,
  ): void {
    const { witness } = this.#cluster
    const accepted = witness.operations.get(`${origin}/${incarnation} ${seq}`)
    const isSame =
      accepted !== undefined &&
      (['user', 'id', 'target', 'message', 'timestamp'] as const).every((key) => accepted[key] === said[key])
    if (!isSame) witness.find(`${who} has ${JSON.stringify(said)} for ${JSON.stringify(accepted)}`)
  }
}
