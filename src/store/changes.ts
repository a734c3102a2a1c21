import type { KeyValueChange } from '../ports/index.ts'
import type { Batch } from '../wire/index.ts'
import { topicsAt } from './history.ts'
import { batchKey, topicKey } from './keys.ts'

/** What puts a batch into the map: itself, and where each of its topics is found. */
export function changesOf(batch: Batch): KeyValueChange[] {
  const topics = new Set<string>()
  for (let index = 0; index < batch.count; index++)
    for (const topic of topicsAt(batch, index)) topics.add(topic)
  const changes: KeyValueChange[] = [{ key: batchKey(batch.stream, batch.firstSeq), value: batch.bytes }]
  for (const topic of topics) {
    changes.push({ key: topicKey(topic, batch.stream, batch.firstSeq), value: new Uint8Array() })
  }
  return changes
}
