import type { Publication, Said } from '../envelope.ts'
import { readOperationName, writeOperationName } from './operation-name.ts'
import { pieceOf } from './piece.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const CLOCK = pieceOf(8, 'clock')
const [TIMESTAMP, OPERATION] = [pieceOf('timestamp'), pieceOf('operation')]
const [PREVIOUS, ID, USER] = [pieceOf('previous'), pieceOf('id'), pieceOf('user')]
const [CHANNEL, TO, MESSAGE] = [pieceOf('channel'), pieceOf('to'), pieceOf('message')]

const writer = new Writer()

/** The body of a frame, of one publication or more. Undefined when one of them is unusual. */
export function writePublications(said: readonly Said[]): Uint8Array | undefined {
  if (said.length !== 1) writer.array(said.length)
  for (const each of said) write(each)
  return writer.take()
}

function write({ operation, previous }: Said): void {
  const { clock, timestamp, id, user, target, kind, message = '' } = operation
  writer.piece(CLOCK)
  writer.integer(clock)
  writer.piece(TIMESTAMP)
  writer.integer(timestamp)
  writer.piece(OPERATION)
  writeOperationName(writer, operation)
  writer.piece(PREVIOUS)
  writer.integer(previous)
  writer.piece(ID)
  writer.text(id)
  writer.piece(USER)
  writer.text(user)
  writer.piece(kind === 'publish' ? CHANNEL : TO)
  writer.text(target)
  writer.piece(MESSAGE)
  if (typeof message === 'string') writer.text(message)
  else writer.binary(message)
}

/** Reads a body as `writePublications` writes it, checked like any other. Undefined when it is unusual. */
export function readPublications(body: Uint8Array): Publication[] | undefined {
  const reader = new Reader(body)
  const count = reader.array() ?? 1
  const publications: Publication[] = []
  let last = NONE
  while (publications.length < count && reader.usual) {
    last = read(reader, last)
    publications.push(last)
  }
  return reader.ended ? publications : undefined
}

function read(reader: Reader, last: Publication): Publication {
  reader.piece(CLOCK)
  const clock = reader.integer()
  reader.piece(TIMESTAMP)
  const timestamp = reader.integer()
  reader.piece(OPERATION)
  const operation = readOperationName(reader, last.operation.origin)
  reader.piece(PREVIOUS)
  const previous = reader.integer()
  reader.piece(ID)
  const id = reader.text()
  reader.piece(USER)
  const user = reader.name(last.user)
  if (reader.follows(CHANNEL)) {
    reader.piece(CHANNEL)
    const channel = reader.name(last.channel ?? '')
    reader.piece(MESSAGE)
    return { clock, timestamp, operation, previous, id, user, channel, message: reader.textOrBytes() }
  }
  reader.piece(TO)
  const to = reader.name(last.to ?? '')
  reader.piece(MESSAGE)
  return { clock, timestamp, operation, previous, id, user, to, message: reader.textOrBytes() }
}

const NONE: Publication = {
  clock: 0,
  timestamp: 0,
  operation: { clock: 0, origin: '', incarnation: 0, seq: 0 },
  previous: 0,
  id: '',
  user: '',
  message: '',
}
