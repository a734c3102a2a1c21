import type { StreamKey } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { Loss } from '../witness.ts'

/**
 * Whether an old copy lacks this operation, or lacked it when it was asked, and nobody who knows could tell its server so: it
 * looks like a whole one. The answer that counts may be older than the last loss: while the asker's disk was full its server
 * got what it lacked, and lost it again. What a server held again before anybody asked (`askedAt`, virtual ms) hides nothing.
 */
export function isHidden(cluster: Cluster, stream: StreamKey, seq: number, askedAt: number): boolean {
  for (const [name, { losses }] of cluster.witness.disks) {
    for (const loss of losses) {
      if ((loss.held.get(stream) ?? 0) < seq) continue
      if (loss.regainedAt !== undefined && loss.regainedAt < askedAt) continue
      if (!losses.some(({ at, copied }) => copied && at >= loss.at)) continue
      if (!isKnown(cluster, name, loss, stream, seq)) return true
    }
  }
  return false
}

/**
 * Whether somebody heard of what was lost, has been alive since then, and reaches the one who lost it. What is flushed is
 * told at once only to whose it is: others hear nothing of it from a process that ends or freezes a moment later.
 */
function isKnown(
  { servers, network }: Cluster,
  name: string,
  { endedAt }: Loss,
  stream: StreamKey,
  seq: number,
): boolean {
  return servers.some((other) => {
    if (other.name === name || !other.up || other.startedAt >= endedAt || other.process.frozen) return false
    const heard = other.server?.replica.peers.get(name)?.everDurable().get(stream) ?? 0
    if (heard < seq) return false
    return !network.wasCut(other.name, name, endedAt) && !network.wasCut(name, other.name, endedAt)
  })
}
