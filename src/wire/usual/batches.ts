import { isName } from '../names.ts'
import type { Batches } from '../peer.ts'
import { pieceOf } from './piece.ts'
import { KnownTexts, Reader } from './reader.ts'
import { Writer } from './writer.ts'

const BATCHES = pieceOf(7, 'kind', 'batches', 'lengths')
const [CLUSTER, FROM, INCARNATION] = [pieceOf('cluster'), pieceOf('from'), pieceOf('incarnation')]
const [CLOCK, TIMESTAMP] = [pieceOf('clock'), pieceOf('timestamp')]

const writer = new Writer()

/** The head frame of batches, as the library writes it. Undefined when it is unusual. */
export function writeBatches({
  lengths,
  cluster,
  from,
  incarnation,
  clock,
  timestamp,
}: Batches): Uint8Array | undefined {
  writer.piece(BATCHES)
  writer.integers(lengths)
  writer.piece(CLUSTER)
  writer.text(cluster)
  writer.piece(FROM)
  writer.text(from)
  writer.piece(INCARNATION)
  writer.integer(incarnation)
  writer.piece(CLOCK)
  writer.integer(clock)
  writer.piece(TIMESTAMP)
  writer.integer(timestamp)
  return writer.take()
}

const [clusters, names] = [new KnownTexts(), new KnownTexts()]

/** Reads such a frame, checked like any other. Undefined when it is unusual. */
export function readBatches(frame: Uint8Array): Batches | undefined {
  const reader = new Reader(frame)
  if (!reader.passes(BATCHES)) return undefined
  const lengths = reader.integers()
  reader.piece(CLUSTER)
  const cluster = reader.oneOf(clusters)
  reader.piece(FROM)
  const from = reader.oneOf(names)
  reader.piece(INCARNATION)
  const incarnation = reader.integer()
  reader.piece(CLOCK)
  const clock = reader.integer()
  reader.piece(TIMESTAMP)
  const timestamp = reader.integer()
  if (!reader.ended || !isName(from)) return undefined
  return { kind: 'batches', cluster, from, incarnation, clock, timestamp, lengths }
}
