import {
  decode,
  encode,
  isMap,
  type Publication,
  type ReadonlyVector,
  RecadoError,
  readCounts,
  readString,
  streamKey,
} from '../wire/index.ts'

/** A server's cursors are used as they are; the library's own begin with this, which is not in base64. */
const MARK = '~'
const LIMITS = { frameBytes: 256 * 1024, depth: 3, elements: 16_384 }

/**
 * A place in a subscription: a server's cursor, and for each stream the last `seq` that was passed since. The latter
 * makes what came live part of the place, for which no server gives a cursor.
 */
export interface Place {
  /** The server's cursor, undefined at the start. */
  readonly after: string | undefined
  readonly passed: ReadonlyVector
}

/** The place behind a message, when nothing of another stream was passed since this place. */
export function placeBehind({ after, passed }: Place, { operation }: Publication): Place {
  const stream = streamKey(operation.origin, operation.incarnation)
  return { after, passed: new Map(passed).set(stream, operation.seq) }
}

export function encodePlace({ after, passed }: Place): string {
  const bytes = encode({ after: after ?? '', passed: Object.fromEntries(passed) })
  return MARK + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** Reads a cursor of a subscription's item or of a page of history. @throws RecadoError `bad_request` */
export function decodePlace(cursor: string): Place {
  if (!cursor.startsWith(MARK)) return { after: cursor === '' ? undefined : cursor, passed: new Map() }
  try {
    const value = decode(Buffer.from(cursor.slice(MARK.length), 'base64url'), LIMITS)
    if (!isMap(value)) throw new RecadoError('bad_request', 'A cursor must hold a map')
    const after = readString(value, 'after')
    return {
      after: after === '' ? undefined : after,
      passed: new Map(Object.entries(readCounts(value, 'passed'))),
    }
  } catch (cause) {
    throw new RecadoError('bad_request', 'This is no cursor; use one that an item or a page gave', { cause })
  }
}
