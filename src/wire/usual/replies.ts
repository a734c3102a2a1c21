import type { OperationName, Reply, ReplyData } from '../envelope.ts'
import { isMap } from '../fields.ts'
import { readOperationName, writeOperationName } from './operation-name.ts'
import { pieceOf } from './piece.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const SERVICE = pieceOf(5, 'service')
const [ID, CLOCK, TIMESTAMP] = [pieceOf('id'), pieceOf('clock'), pieceOf('timestamp')]
/** All that lies between the timestamp and the operation's name. */
const DATA = pieceOf('data', 2, 'status', 'ok', 'operation')

const writer = new Writer()

/** The body that answers publications and messages, each of which was accepted. Undefined when one of them was not. */
export function writeReplies(replies: readonly Reply[], batch: boolean): Uint8Array | undefined {
  if (batch) writer.array(replies.length)
  for (const { service, id, clock, timestamp, data } of replies) {
    const operation = operationOf(data)
    if (operation === undefined) {
      writer.fail()
      break
    }
    writer.piece(SERVICE)
    writer.text(service)
    writer.piece(ID)
    writer.text(id)
    writer.piece(CLOCK)
    writer.integer(clock)
    writer.piece(TIMESTAMP)
    writer.integer(timestamp)
    writer.piece(DATA)
    writeOperationName(writer, operation)
  }
  return writer.take()
}

/** What begins the body of so many replies that are encoded already. */
export function writeHeadOfArray(count: number): Uint8Array {
  writer.array(count)
  return writer.take() as Uint8Array
}

/** Reads such a body, checked like any other. Undefined when it is unusual. */
export function readReplies(body: Uint8Array): Reply[] | undefined {
  const reader = new Reader(body)
  const count = reader.array() ?? 1
  const replies: Reply[] = []
  let [service, origin] = ['', '']
  while (replies.length < count && reader.usual) {
    reader.piece(SERVICE)
    service = reader.name(service)
    reader.piece(ID)
    const id = reader.text()
    reader.piece(CLOCK)
    const clock = reader.integer()
    reader.piece(TIMESTAMP)
    const timestamp = reader.integer()
    reader.piece(DATA)
    const operation = readOperationName(reader, origin)
    origin = operation.origin
    replies.push({ service, id, clock, timestamp, data: { status: 'ok', operation } })
  }
  return reader.ended ? replies : undefined
}

/** The one thing that the data holds, if that is an operation's name and nothing more. */
function operationOf(data: ReplyData): OperationName | undefined {
  const { operation } = data as { operation?: unknown }
  if (data.status !== 'ok' || !isMap(operation) || keysOf(data) !== 2 || keysOf(operation) !== 4)
    return undefined
  return operation as unknown as OperationName
}

function keysOf(map: object): number {
  let count = 0
  for (const _key in map) count++
  return count
}
