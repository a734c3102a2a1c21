import type { BackendHead, Replies, Requests } from '../backend.ts'
import { pieceOf } from './piece.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const REQUESTS = pieceOf(5, 'kind', 'requests', 'session')
const REPLIES = pieceOf(3, 'kind', 'replies', 'tags')
const [TAGS, CONNECTIONS, LENGTHS] = [pieceOf('tags'), pieceOf('connections'), pieceOf('lengths')]

const writer = new Writer()

/** The head frame of requests and replies, as the library writes it. Undefined for other kinds, and when it is unusual. */
export function writeBackendHead(head: BackendHead): Uint8Array | undefined {
  if (head.kind === 'requests') {
    writer.piece(REQUESTS)
    writer.integer(head.session)
    writer.piece(TAGS)
    writer.integers(head.tags)
    writer.piece(CONNECTIONS)
    writer.integers(head.connections)
  } else if (head.kind === 'replies') {
    writer.piece(REPLIES)
    writer.integers(head.tags)
  } else return undefined
  writer.piece(LENGTHS)
  writer.integers(head.lengths)
  return writer.take()
}

/** Reads such a frame, checked like any other. Undefined when it is unusual. */
export function readBackendHead(frame: Uint8Array): Requests | Replies | undefined {
  const reader = new Reader(frame)
  if (reader.passes(REPLIES)) {
    const tags = reader.integers()
    reader.piece(LENGTHS)
    const lengths = reader.integers()
    return reader.ended && tags.length === lengths.length ? { kind: 'replies', tags, lengths } : undefined
  }
  if (!reader.passes(REQUESTS)) return undefined
  const session = reader.integer()
  reader.piece(TAGS)
  const tags = reader.integers()
  reader.piece(CONNECTIONS)
  const connections = reader.integers()
  reader.piece(LENGTHS)
  const lengths = reader.integers()
  const fits = tags.length === connections.length && tags.length === lengths.length
  return reader.ended && fits ? { kind: 'requests', session, tags, connections, lengths } : undefined
}
