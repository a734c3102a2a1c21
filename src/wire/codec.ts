import { decode as msgpackDecode, encode as msgpackEncode } from '@msgpack/msgpack'
import { RecadoError } from './errors.ts'
import type { Limits } from './limits.ts'
import { scan } from './scan.ts'

/** MessagePack of a value made of null, booleans, numbers, strings, bytes, arrays and maps with string keys. */
export function encode(value: unknown): Uint8Array {
  return msgpackEncode(value, { ignoreUndefined: true })
}

/**
 * Decodes one MessagePack value from a stranger. The limits are checked on the headers before anything is allocated.
 * Bytes in the result are views into `bytes`.
 * @throws RecadoError `too_large` (the frame), `bad_request` (everything else that is wrong)
 */
export function decode(bytes: Uint8Array, limits: Limits): unknown {
  scan(bytes, limits)
  try {
    return msgpackDecode(bytes)
  } catch (cause) {
    throw new RecadoError('bad_request', 'Cannot decode the frame: it is not one MessagePack value', {
      cause,
    })
  }
}
