import { crc32 } from 'node:zlib'
import type { KeyValue, KeyValueChange } from '../ports/index.ts'
import { decode, encode, PEER_LIMITS, RecadoError } from '../wire/index.ts'
import { FORMAT_KEY, MEMORY_KEY, SETTLED_KEY } from './keys.ts'
import { EMPTY_MEMORY } from './memory.ts'
import type { Memory } from './types.ts'

/**
 * What stands where in the store and its journal, as a number: one more with each change that an older program would
 * take for damage. A store that says nothing is of the first.
 */
const FORMAT = 2
/** The first format had nothing behind what a store keeps of itself that shows whether it is as it was written. */
const UNCHECKED = 1
const CRC_BYTES = 4

/** What a store keeps of itself beside its batches and its format: all of it is in each commit. */
export interface Kept {
  readonly memory: Memory
  /** The number of the journal's last record that the map holds. */
  readonly lastRecord: number
}

export function changesOfKept({ memory, lastRecord }: Kept): KeyValueChange[] {
  return [
    // As it is: older programs read it.
    { key: FORMAT_KEY, value: encode(FORMAT) },
    { key: MEMORY_KEY, value: checked(memory) },
    { key: SETTLED_KEY, value: checked(lastRecord) },
  ]
}

/**
 * To be called before anything else is read or written.
 * @throws RecadoError `other_format`; any other error when it is not as it was written
 */
export function readKept(keyValue: KeyValue): Kept {
  const format = formatOf(keyValue.get(FORMAT_KEY))
  const [memory, lastRecord] = [keyValue.get(MEMORY_KEY), keyValue.get(SETTLED_KEY)]
  if (format === UNCHECKED) {
    return {
      memory: memory === undefined ? EMPTY_MEMORY : (decode(memory, PEER_LIMITS) as Memory),
      lastRecord: lastRecord === undefined ? 0 : (decode(lastRecord, PEER_LIMITS) as number),
    }
  }
  if (format !== FORMAT) {
    // What stands beside it was written as of this format: then it is the mark that is not as it was written.
    if (isWhole(memory)) throw damaged()
    const what = `The store is of format ${format}, and this version reads ${FORMAT}`
    throw new RecadoError('other_format', `${what}: run the version that wrote it; nothing was changed`)
  }
  return { memory: valueOf(memory) as Memory, lastRecord: valueOf(lastRecord) as number }
}

/** A new store is of the first format until its first commit. */
function formatOf(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return UNCHECKED
  // A small number is one byte; nothing else was ever written there.
  return bytes.byteLength === 1 ? (bytes[0] as number) : 0
}

/** A value, and the CRC-32 of its bytes that begins with the format: what another one writes does not pass. */
function checked(value: unknown): Uint8Array {
  const bytes = encode(value)
  const crc = Buffer.alloc(CRC_BYTES)
  crc.writeUInt32BE(crc32(bytes, FORMAT))
  return Buffer.concat([bytes, crc])
}

function valueOf(kept: Uint8Array | undefined): unknown {
  if (kept === undefined || !isWhole(kept)) throw damaged()
  return decode(kept.subarray(0, kept.byteLength - CRC_BYTES), PEER_LIMITS)
}

function isWhole(kept: Uint8Array | undefined): boolean {
  const bytes = Buffer.from(kept ?? [])
  const end = bytes.byteLength - CRC_BYTES
  return end >= 0 && crc32(bytes.subarray(0, end), FORMAT) === bytes.readUInt32BE(end)
}

function damaged(): Error {
  return new Error('What the store keeps of itself is not as it was written')
}
