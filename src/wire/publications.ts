import { decode, encode } from './codec.ts'
import type { Publication, Said } from './envelope.ts'
import { RecadoError } from './errors.ts'
import { isMap, readInteger, readMap, readName, readString } from './fields.ts'
import { PEER_LIMITS } from './limits.ts'
import { readPublications, writePublications } from './usual/publications.ts'

/** The body of a publication's frame: of one a map, of more an array. */
export function encodePublications(said: readonly Said[]): Uint8Array {
  const usual = writePublications(said)
  if (usual !== undefined) return usual
  const publications = said.map(publicationOf)
  return encode(publications.length === 1 ? publications[0] : publications)
}

export function publicationOf({ operation, previous }: Said): Publication {
  const { clock, timestamp, origin, incarnation, seq, id, user, target, kind, message = '' } = operation
  const name = { clock, origin, incarnation, seq }
  const receiver = kind === 'publish' ? { channel: target } : { to: target }
  return { clock, timestamp, operation: name, previous, id, user, ...receiver, message }
}

/** Reads the body of a publication: one map or an array of them. @throws RecadoError `bad_request` */
export function parsePublications(body: Uint8Array): readonly Publication[] {
  const usual = body.byteLength <= PEER_LIMITS.frameBytes ? readPublications(body) : undefined
  if (usual !== undefined) return usual
  const value = decode(body, PEER_LIMITS)
  return Array.isArray(value) ? value.map(parsePublication) : [parsePublication(value)]
}

/** Reads one publication, as it stands in a body or in a page of history. @throws RecadoError `bad_request` */
export function parsePublication(value: unknown): Publication {
  if (!isMap(value)) throw new RecadoError('bad_request', 'A publication must be a map')
  const operation = readMap(value, 'operation')
  const { message } = value
  if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
    throw new RecadoError('bad_request', 'Key "message" must be a string or bytes')
  }
  return {
    clock: readInteger(value, 'clock'),
    timestamp: readInteger(value, 'timestamp'),
    operation: {
      clock: readInteger(operation, 'clock'),
      origin: readName(operation, 'origin'),
      incarnation: readInteger(operation, 'incarnation'),
      seq: readInteger(operation, 'seq'),
    },
    previous: readInteger(value, 'previous'),
    id: readString(value, 'id'),
    user: readName(value, 'user'),
    ...(value['to'] === undefined ? { channel: readName(value, 'channel') } : { to: readName(value, 'to') }),
    message,
  }
}
