import { streamKey } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Checker } from '../witness.ts'
import { isHidden } from './hidden.ts'

/**
 * Who has caught up holds on disk all that was acknowledged at a majority before it started. Nobody can do that when a
 * disk is an old copy of itself and none who heard what it held before can be asked: then it looks like a whole one.
 */
export class Rising implements Checker {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  state({ name, startedAt }: SimulatedServer, state: string): void {
    if (state !== 'up') return
    const { witness } = this.#cluster
    const { holds } = witness.disk(name)
    for (const { acknowledgedAt, level, operation, standsFor = [], user, id } of witness.wishes.values()) {
      if (level === 'one' || acknowledgedAt === undefined || acknowledgedAt >= startedAt) continue
      const places =
        operation === undefined
          ? standsFor
          : [{ stream: streamKey(operation.origin, operation.incarnation), seq: operation.seq }]
      // None when it was never held as it must be, which is found where it is acknowledged.
      if (places.length === 0 || places.some(({ stream, seq }) => (holds.get(stream) ?? 0) >= seq)) continue
      if (places.some(({ stream, seq }) => isHidden(this.#cluster, stream, seq, startedAt))) continue
      witness.find(`${name} rose without ${id} of ${user}, acknowledged before it started`)
    }
  }
}
