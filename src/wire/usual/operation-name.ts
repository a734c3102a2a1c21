import type { OperationName } from '../envelope.ts'
import { pieceOf } from './piece.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

const CLOCK = pieceOf(4, 'clock')
const [ORIGIN, INCARNATION, SEQ] = [pieceOf('origin'), pieceOf('incarnation'), pieceOf('seq')]

export function writeOperationName(writer: Writer, { clock, origin, incarnation, seq }: OperationName): void {
  writer.piece(CLOCK)
  writer.integer(clock)
  writer.piece(ORIGIN)
  writer.text(origin)
  writer.piece(INCARNATION)
  writer.integer(incarnation)
  writer.piece(SEQ)
  writer.integer(seq)
}

/** @param last the origin read last, which is mostly this one's too */
export function readOperationName(reader: Reader, last: string): OperationName {
  reader.piece(CLOCK)
  const clock = reader.integer()
  reader.piece(ORIGIN)
  const origin = reader.name(last)
  reader.piece(INCARNATION)
  const incarnation = reader.integer()
  reader.piece(SEQ)
  return { clock, origin, incarnation, seq: reader.integer() }
}
