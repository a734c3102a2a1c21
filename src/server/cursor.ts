import {
  decode,
  encode,
  type ReadonlyVector,
  RecadoError,
  type Vector,
  vectorFromObject,
  vectorToObject,
} from '../wire/index.ts'

/** Streams in what a request says that a client has: the library names 256 at most. */
export const STREAMS_MAX = 1024
const CURSOR_LIMITS = { frameBytes: 256 * 1024, depth: 2, elements: 16_384 }

/** A cursor is a vector of what was passed; for clients it is a text that means nothing. */
export function encodeCursor(vector: ReadonlyVector): string {
  return Buffer.from(encode(vectorToObject(vector))).toString('base64url')
}

/** @throws RecadoError `bad_request` when it is no cursor of ours */
export function decodeCursor(cursor: unknown): Vector {
  if (cursor === undefined || cursor === null || cursor === '') return new Map()
  if (typeof cursor === 'string') {
    const bytes = Buffer.from(cursor, 'base64url')
    return readVector(decodeQuietly(bytes), 'after')
  }
  throw new RecadoError('bad_request', 'Key "after" must be a cursor as "next" gave it')
}

/** A map of stream to `seq` in a request, if it is there. @throws RecadoError `bad_request` */
export function optionalVector(data: Readonly<Record<string, unknown>>, key: string): Vector {
  const value = data[key]
  if (value === undefined || value === null) return new Map()
  const vector = readVector(value, key)
  if (vector.size <= STREAMS_MAX) return vector
  throw new RecadoError('bad_request', `Key "${key}" must name at most ${STREAMS_MAX} streams`)
}

function readVector(value: unknown, key: string): Vector {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value)
    if (entries.every(([, seq]) => Number.isSafeInteger(seq) && seq >= 0))
      return vectorFromObject(Object.fromEntries(entries))
  }
  throw new RecadoError(
    'bad_request',
    `Key "${key}" must hold "origin/incarnation" and "seq" as the server gave them`,
  )
}

function decodeQuietly(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, CURSOR_LIMITS)
  } catch {
    return undefined
  }
}
