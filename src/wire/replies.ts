import { decode } from './codec.ts'
import type { Reply, ReplyData } from './envelope.ts'
import { isErrorCode, RecadoError } from './errors.ts'
import { isMap, readBoolean, readInteger, readMap, readString } from './fields.ts'
import { PEER_LIMITS } from './limits.ts'
import { readReplies } from './usual/replies.ts'

/** Reads what answers a client's body: one reply or an array of them. @throws RecadoError `bad_request` */
export function parseReplies(body: Uint8Array): readonly Reply[] {
  const usual = body.byteLength <= PEER_LIMITS.frameBytes ? readReplies(body) : undefined
  if (usual !== undefined) return usual
  const value = decode(body, PEER_LIMITS)
  return Array.isArray(value) ? value.map(parseReply) : [parseReply(value)]
}

function parseReply(value: unknown): Reply {
  if (!isMap(value)) throw new RecadoError('bad_request', 'A reply must be a map')
  return {
    service: readString(value, 'service'),
    id: readString(value, 'id'),
    clock: readInteger(value, 'clock'),
    timestamp: readInteger(value, 'timestamp'),
    data: parseData(readMap(value, 'data')),
  }
}

function parseData(data: Readonly<Record<string, unknown>>): ReplyData {
  if (data['status'] === 'ok') return data as ReplyData
  const code = data['code']
  return {
    status: 'error',
    // A newer server may know codes that this client does not.
    code: isErrorCode(code) ? code : 'internal',
    message: readString(data, 'message'),
    retryable: readBoolean(data, 'retryable'),
    ...readDetails(data),
  }
}

/** Numbers that some errors carry beside their code. */
const DETAILS = ['incarnation', 'term', 'sequence'] as const

function readDetails(data: Readonly<Record<string, unknown>>): {
  [Key in (typeof DETAILS)[number]]?: number
} {
  const told = DETAILS.filter((key) => data[key] !== undefined)
  return Object.fromEntries(told.map((key) => [key, readInteger(data, key)]))
}
