import { Decoder, Encoder } from '@msgpack/msgpack'
import { RecadoError } from './errors.ts'
import type { Limits } from './limits.ts'
import { scan } from './scan.ts'

/** One of each for all: a new one for each frame costs more than the frame. */
const encoder = new Encoder({ ignoreUndefined: true, initialBufferSize: 64 * 1024 })
const decoder = new Decoder()

/** MessagePack of a value made of null, booleans, numbers, strings, bytes, arrays and maps with string keys. */
export function encode(value: unknown): Uint8Array {
  // The encoder's own copy of its buffer costs as much as the encoding; a pooled one does not.
  return Buffer.from(encoder.encodeSharedRef(value))
}

/**
 * Decodes one MessagePack value from a stranger. The limits are checked on the headers before anything is allocated.
 * Bytes in the result are views into `bytes`.
 * @throws RecadoError `too_large` (the frame), `bad_request` (everything else that is wrong)
 */
export function decode(bytes: Uint8Array, limits: Limits): unknown {
  scan(bytes, limits)
  try {
    // A Buffer's bytes would come out as Buffers.
    return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (cause) {
    throw new RecadoError('bad_request', 'Cannot decode the frame: it is not one MessagePack value', {
      cause,
    })
  }
}
