import type { KeyValueChange } from '../ports/index.ts'
import type { Batch } from '../wire/index.ts'
import { batchKey, topicKey } from './keys.ts'
import { topicsOf } from './topics.ts'

/** What puts a batch into the map: itself, and where each of its topics is found. */
export function changesOf(batch: Batch): KeyValueChange[] {
  const changes: KeyValueChange[] = [{ key: batchKey(batch.stream, batch.firstSeq), value: batch.bytes }]
  for (const topic of topicsOf(batch)) {
    changes.push({ key: topicKey(topic, batch.stream, batch.firstSeq), value: new Uint8Array() })
  }
  return changes
}
