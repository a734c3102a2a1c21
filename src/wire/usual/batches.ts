import type { Batches } from '../peer.ts'
import { pieceOf } from './piece.ts'
import { Reader } from './reader.ts'
import { readSender, writeSender } from './sender.ts'
import { Writer } from './writer.ts'

const BATCHES = pieceOf(7, 'kind', 'batches', 'lengths')

const writer = new Writer()

/** The head frame of batches, as the library writes it. Undefined when it is unusual. */
export function writeBatches(head: Batches): Uint8Array | undefined {
  writer.piece(BATCHES)
  writer.integers(head.lengths)
  writeSender(writer, head)
  return writer.take()
}

/** Reads such a frame, checked like any other. Undefined when it is unusual. */
export function readBatches(frame: Uint8Array): Batches | undefined {
  const reader = new Reader(frame)
  if (!reader.passes(BATCHES)) return undefined
  const lengths = reader.integers()
  const sender = readSender(reader)
  return reader.ended ? { kind: 'batches', ...sender, lengths } : undefined
}
