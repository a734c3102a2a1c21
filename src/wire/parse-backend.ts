import type { BackendHead } from './backend.ts'
import { decode } from './codec.ts'
import { RecadoError } from './errors.ts'
import { isMap, readBoolean, readInteger, readIntegers, readName, readOneOf, readString } from './fields.ts'
import { PEER_LIMITS } from './limits.ts'
import { readBackendHead } from './usual/backend.ts'

const KINDS = ['ready', 'beat', 'requests', 'replies', 'bye', 'refused'] as const

/** Reads the head frame of what brokers and servers say to each other. @throws RecadoError `bad_request` */
export function parseBackendHead(frame: Uint8Array): BackendHead {
  const usual = frame.byteLength <= PEER_LIMITS.frameBytes ? readBackendHead(frame) : undefined
  if (usual !== undefined) return usual
  const head = decode(frame, PEER_LIMITS)
  if (!isMap(head)) throw new RecadoError('bad_request', 'A head must be a map')
  const kind = readOneOf(head, 'kind', KINDS)
  switch (kind) {
    case 'ready':
      return {
        kind,
        cluster: readString(head, 'cluster'),
        name: readName(head, 'name'),
        incarnation: readInteger(head, 'incarnation'),
        session: readInteger(head, 'session'),
        credit: readInteger(head, 'credit'),
      }
    case 'beat':
      return {
        kind,
        ...(head['registered'] === undefined ? {} : { registered: readBoolean(head, 'registered') }),
        ...(head['session'] === undefined ? {} : { session: readInteger(head, 'session') }),
      }
    case 'requests': {
      const session = readInteger(head, 'session')
      const tags = readIntegers(head, 'tags')
      const connections = readIntegers(head, 'connections')
      const lengths = readIntegers(head, 'lengths')
      checkEqual(tags, connections)
      checkEqual(tags, lengths)
      return { kind, session, tags, connections, lengths }
    }
    case 'replies': {
      const tags = readIntegers(head, 'tags')
      const lengths = readIntegers(head, 'lengths')
      checkEqual(tags, lengths)
      return { kind, tags, lengths }
    }
    case 'bye':
      return { kind }
    case 'refused':
      return { kind, message: readString(head, 'message') }
  }
}

/**
 * The bodies in the second frame of `requests` and `replies`: views into it.
 * @throws RecadoError `bad_request` when the frame is not as long as the lengths say
 */
export function splitBodies(frame: Uint8Array | undefined, lengths: readonly number[]): Uint8Array[] {
  const bytes = frame ?? new Uint8Array()
  let total = 0
  for (const length of lengths) total += length
  if (total !== bytes.byteLength) {
    throw new RecadoError('bad_request', 'The second frame is not as long as the head says')
  }
  let start = 0
  return lengths.map((length) => {
    start += length
    return bytes.subarray(start - length, start)
  })
}

function checkEqual(a: readonly number[], b: readonly number[]): void {
  if (a.length !== b.length) throw new RecadoError('bad_request', 'The columns of the head disagree')
}
