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
    for (const { acknowledgedAt, level, operation, user, id } of witness.wishes.values()) {
      if (operation === undefined || level === 'one') continue
      if (acknowledgedAt === undefined || acknowledgedAt >= startedAt) continue
      const stream = `${operation.origin}/${operation.incarnation}`
      if ((holds.get(stream) ?? 0) >= operation.seq) continue
      if (isHidden(this.#cluster, stream, operation.seq, startedAt)) continue
      witness.find(`${name} rose without ${id} of ${user}, acknowledged before it started`)
    }
  }
}
