import { type Batch, decode, decodeBatch, encode, isMap, PEER_LIMITS } from '../wire/index.ts'
import type { Memory } from './types.ts'

/** The journal's record of what the store remembers beside its operations; a batch is its own record. */
export function encodeMemory(memory: Memory): Uint8Array {
  return encode({ memory })
}

/** What a record of the journal holds; undefined when it cannot be read. */
export function readRecord(bytes: Uint8Array): { batch: Batch } | { memory: Memory } | undefined {
  try {
    // A map of one key; a batch has more.
    if (bytes[0] !== 0x81) return { batch: decodeBatch(bytes) }
    const value = decode(bytes, PEER_LIMITS)
    return isMap(value) && isMap(value['memory'])
      ? { memory: value['memory'] as unknown as Memory }
      : undefined
  } catch {
    return undefined
  }
}
