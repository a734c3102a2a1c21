import { comparePositions, type Publication } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { Checker } from '../witness.ts'
import { isHeld } from './durability.ts'
import { finalMessages } from './subscribers.ts'

/**
 * History shows only what a majority has on disk, in the total order; nothing that a reader saw is lost; and who goes
 * on by cursors is shown everything, each operation once.
 */
export class Readers implements Checker {
  readonly #cluster: Cluster
  readonly #seen = new Map<string, Set<string>>()
  readonly #keys = new Map<string, Set<string>>()
  readonly #inboxes = new Map<string, string | undefined>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  page(reader: string, messages: readonly Publication[], inbox?: string): void {
    this.#inboxes.set(reader, inbox)
    const { witness } = this.#cluster
    const seen = this.#seen.get(reader) ?? new Set<string>()
    const keys = this.#keys.get(reader) ?? new Set<string>()
    this.#seen.set(reader, seen)
    this.#keys.set(reader, keys)
    messages.forEach(({ operation, user, id }, index) => {
      const { origin, incarnation, seq } = operation
      const former = messages[index - 1]
      if (former !== undefined && comparePositions(former.operation, operation) >= 0)
        witness.find(`${reader} was shown ${id} of ${user} behind what it precedes`)
      const place = `${origin}/${incarnation} ${seq}`
      if (seen.has(place)) witness.find(`${reader} was shown ${id} of ${user} again behind its cursor`)
      seen.add(place)
      keys.add(`${user} ${id}`)
      if (!isHeld(witness, { stream: `${origin}/${incarnation}`, seq }, 'quorum'))
        witness.find(`${reader} was shown ${id} of ${user}, which no majority has on disk`)
    })
  }

  end(): void {
    const { witness } = this.#cluster
    for (const [reader, keys] of this.#keys) {
      const final = finalMessages(this.#cluster, this.#inboxes.get(reader))
      for (const key of keys) if (!final.has(key)) witness.find(`${reader} saw ${key}, which is lost`)
      for (const key of final.keys()) if (!keys.has(key)) witness.find(`${reader} was never shown ${key}`)
    }
  }
}
