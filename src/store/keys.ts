import type { StreamKey } from '../wire/index.ts'

/** Keys of the store: bytes that sort by what they stand for. */
export const FORMAT_KEY = Buffer.from('f')
export const MEMORY_KEY = Buffer.from('m')
/** The number of the last record of the journal that the map holds. */
export const SETTLED_KEY = Buffer.from('j')
const NUMBER_BYTES = 8

/** A batch of a stream, by the `seq` of its first operation. */
export function batchKey(stream: StreamKey, seq: number): Buffer {
  return numbered(`b${stream}\0`, seq)
}

/** A batch of a stream that holds something of a topic. */
export function topicKey(topic: string, stream: StreamKey, seq: number): Buffer {
  return numbered(`t${topic}\0${stream}\0`, seq)
}

export function allBatches(): { start: Buffer; end: Buffer } {
  return { start: Buffer.from('b'), end: Buffer.from('c') }
}

/** The `seq` at the end of a key. */
export function seqOfKey(key: Uint8Array): number {
  return Number(
    Buffer.from(key.buffer, key.byteOffset, key.byteLength).readBigUInt64BE(key.byteLength - NUMBER_BYTES),
  )
}

function numbered(prefix: string, seq: number): Buffer {
  const bytes = Buffer.byteLength(prefix)
  const key = Buffer.alloc(bytes + NUMBER_BYTES)
  key.write(prefix)
  key.writeBigUInt64BE(BigInt(seq), bytes)
  return key
}
