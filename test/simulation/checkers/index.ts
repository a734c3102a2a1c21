import type { Cluster } from '../cluster.ts'
import { Clocks } from './clocks.ts'
import { Contents } from './contents.ts'
import { Durability } from './durability.ts'
import { FinalFiles } from './files.ts'
import { Finality } from './finality.ts'
import { Publishing } from './publishing.ts'
import { Readers } from './readers.ts'
import { Rising } from './rising.ts'
import { SendersOrder } from './senders-order.ts'
import { Subscribers } from './subscribers.ts'
import { VotersLists } from './voters.ts'

/** Has everything watched that must always hold. */
export function addCheckers(cluster: Cluster): { readonly subscribers: Subscribers } {
  const { witness } = cluster
  const subscribers = new Subscribers(cluster)
  witness.add(
    new Durability(cluster),
    new Publishing(cluster),
    new FinalFiles(cluster),
    subscribers,
    new Readers(cluster),
    new Finality(cluster),
    new VotersLists(cluster),
    new Clocks(witness),
    new Contents(cluster),
    new SendersOrder(witness),
    new Rising(cluster),
  )
  return { subscribers }
}
