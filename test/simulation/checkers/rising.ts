import type { StreamKey } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Checker, Loss } from '../witness.ts'

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
      if ((holds.get(stream) ?? 0) >= operation.seq || this.#isHidden(stream, operation.seq)) continue
      witness.find(`${name} rose without ${id} of ${user}, acknowledged before it started`)
    }
  }

  /**
   * Whether an old copy lacks this, or lacked it when it was asked, and nobody who knows could tell its server so. The answer
   * that counts may be older than the last loss: while the asker's disk was full its server got what it lacked, and lost it again.
   */
  #isHidden(stream: StreamKey, seq: number): boolean {
    for (const [name, { losses }] of this.#cluster.witness.disks) {
      for (const loss of losses) {
        if ((loss.held.get(stream) ?? 0) < seq) continue
        if (!losses.some(({ at, copied }) => copied && at >= loss.at)) continue
        if (!this.#isKnown(name, loss, stream, seq)) return true
      }
    }
    return false
  }

  /**
   * Whether somebody heard of what was lost, has been alive since then, and reaches the one who lost it. What is flushed is
   * told at once only to whose it is: others hear nothing of it from a process that ends or freezes a moment later.
   */
  #isKnown(name: string, { endedAt }: Loss, stream: StreamKey, seq: number): boolean {
    const { servers, network } = this.#cluster
    return servers.some((other) => {
      if (other.name === name || !other.up || other.startedAt >= endedAt || other.process.frozen) return false
      const heard = other.server?.replica.peers.get(name)?.everDurable().get(stream) ?? 0
      if (heard < seq) return false
      return !network.wasCut(other.name, name, endedAt) && !network.wasCut(name, other.name, endedAt)
    })
  }
}
