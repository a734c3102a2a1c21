import { decode, encode } from './codec.ts'
import type { Reply, Request } from './envelope.ts'
import { RecadoError } from './errors.ts'
import { type Fields, isMap, readInteger, readMap, readString } from './fields.ts'
import { BATCH_REQUESTS_MAX, CLIENT_LIMITS, ID_BYTES_MAX } from './limits.ts'
import { writeHeadOfArray, writeReplies } from './usual/replies.ts'
import { readRequests, writeRequests } from './usual/requests.ts'

/** A request that cannot be served, with what of it could be read, for its reply. */
export interface MalformedRequest {
  readonly service: string
  readonly id: string
  readonly error: RecadoError
}

export interface ParsedRequests {
  readonly requests: readonly (Request | MalformedRequest)[]
  /** Whether the client sent an array, and is answered by one. */
  readonly batch: boolean
}

/** Heads of MessagePack's arrays: of up to 15 elements, with their number in it, of up to 2^16 and of up to 2^32. */
const [FIXARRAY, ARRAY_16, ARRAY_32] = [0x90, 0xdc, 0xdd]

/** A client's body: one request is a map, more are an array. What else these objects hold is not written. */
export function encodeRequests(requests: readonly Request[]): Uint8Array {
  const batch = requests.length !== 1
  const usual = writeRequests(requests, batch)
  if (usual !== undefined) return usual
  const plain = requests.map(({ service, id, clock, timestamp, data }) => {
    return { service, id, clock, timestamp, data }
  })
  return encode(batch ? plain : plain[0])
}

/** Reads a client's body. Never throws: what is wrong stands in the result, to be answered. */
export function parseRequests(body: Uint8Array): ParsedRequests {
  const usual = body.byteLength <= CLIENT_LIMITS.frameBytes ? readRequests(body) : undefined
  if (usual !== undefined) return usual
  try {
    const objection = objectionToLength(body)
    if (objection !== undefined) throw objection
    const value = decode(body, CLIENT_LIMITS)
    if (!Array.isArray(value)) return { requests: [parseRequest(value)], batch: false }
    return { requests: value.map(parseRequest), batch: true }
  } catch (error) {
    return { requests: [{ service: '', id: '', error: asRecadoError(error) }], batch: false }
  }
}

/** How many requests a body says that it holds, by its first bytes: nothing is decoded. */
export function requestsIn(body: Uint8Array): number {
  const [head = 0, a = 0, b = 0, c = 0, d = 0] = body
  if (head === ARRAY_16) return a * 256 + b
  if (head === ARRAY_32) return ((a * 256 + b) * 256 + c) * 256 + d
  return (head & 0xf0) === FIXARRAY ? head & 0x0f : 1
}

/** Why a body may not be served that holds no request or too many: to decode tens of thousands takes longer than to serve some. */
export function objectionToLength(body: Uint8Array): RecadoError | undefined {
  const count = requestsIn(body)
  if (count >= 1 && count <= BATCH_REQUESTS_MAX) return undefined
  return new RecadoError('bad_request', `A batch must hold 1 to ${BATCH_REQUESTS_MAX} requests`)
}

/** The body that answers; replies stand in the order of the requests. */
export function encodeReplies(replies: readonly Reply[], batch: boolean): Uint8Array {
  return writeReplies(replies, batch) ?? encode(batch ? replies : replies[0])
}

/** The same bytes, where some replies are encoded already: large ones, each at its own time. */
export function joinReplies(replies: readonly (Reply | Uint8Array)[], batch: boolean): Uint8Array {
  const bodies = replies.map((reply) => (reply instanceof Uint8Array ? reply : encode(reply)))
  return batch ? Buffer.concat([writeHeadOfArray(bodies.length), ...bodies]) : (bodies[0] as Uint8Array)
}

/** Larger bodies are refused unread: to decode them would take longer than to serve a small one. */
const REFUSED_BYTES_MAX = 16 * 1024

/** The body that answers a client's body, each of its requests with the same error; a large one as a whole, without ids. */
export function errorReply(
  body: Uint8Array,
  error: RecadoError,
  clock: number,
  timestamp: number,
): Uint8Array {
  const { requests, batch } = body.byteLength > REFUSED_BYTES_MAX ? UNREAD : parseRequests(body)
  const replies = requests.map((request): Reply => {
    const { code, message, retryable } = 'error' in request ? request.error : error
    const { service, id } = request
    return { service, id, clock, timestamp, data: { status: 'error', code, message, retryable } }
  })
  return encodeReplies(replies, batch)
}

const UNREAD = { requests: [{ service: '', id: '' }], batch: false }

function parseRequest(value: unknown): Request | MalformedRequest {
  const fields: Fields = isMap(value) ? value : {}
  try {
    if (!isMap(value)) throw new RecadoError('bad_request', 'A request must be a map')
    readString(fields, 'service')
    readId(fields)
    readInteger(fields, 'clock')
    readInteger(fields, 'timestamp')
    readMap(fields, 'data')
    return value as unknown as Request
  } catch (error) {
    return { service: shortText(fields['service']), id: shortText(fields['id']), error: asRecadoError(error) }
  }
}

function readId(fields: Fields): string {
  const id = readString(fields, 'id')
  const bytes = Buffer.byteLength(id)
  if (bytes >= 1 && bytes <= ID_BYTES_MAX && id.isWellFormed()) return id
  throw new RecadoError('bad_request', `Key "id" must have 1 to ${ID_BYTES_MAX} bytes of well-formed text`)
}

function shortText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, ID_BYTES_MAX) : ''
}

function asRecadoError(error: unknown): RecadoError {
  if (error instanceof RecadoError) return error
  return new RecadoError('bad_request', 'Cannot read the request', { cause: error })
}
