import type { Request } from '../envelope.ts'
import { type Piece, pieceOf } from './piece.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** How something is said to many and to one: its service, and the key of the receiver. */
const FORMS = [form('publish', 'channel'), form('message', 'to')] as const
const [CLOCK, TIMESTAMP] = [pieceOf('clock'), pieceOf('timestamp')]
/** By how many of `acks` and `token` come after the three keys that are always there. */
const DATA = [pieceOf('data', 3, 'user'), pieceOf('data', 4, 'user'), pieceOf('data', 5, 'user')] as const
const [MESSAGE, ACKS, TOKEN] = [pieceOf('message'), pieceOf('acks'), pieceOf('token')]

const writer = new Writer()

/** The body that says something, once or more. Undefined when one of the requests is none of these, or unusual. */
export function writeRequests(requests: readonly Request[], batch: boolean): Uint8Array | undefined {
  if (batch) writer.array(requests.length)
  for (const request of requests) if (!write(request)) writer.fail()
  return writer.take()
}

function write({ service, id, clock, timestamp, data }: Request): boolean {
  const said = FORMS.find((each) => each.service === service)
  if (said === undefined) return false
  const { user, message, acks, token } = data
  const receiver = data[said.key]
  let keys = 0
  for (const _key in data) keys++
  const texts = typeof user === 'string' && typeof receiver === 'string'
  const extras = (acks === undefined ? 0 : 1) + (token === undefined ? 0 : 1)
  if (!texts || keys !== 3 + extras) return false
  writer.piece(said.head)
  writer.text(id)
  writer.piece(CLOCK)
  writer.integer(clock)
  writer.piece(TIMESTAMP)
  writer.integer(timestamp)
  writer.piece(DATA[extras] as Piece)
  writer.text(user)
  writer.piece(said.receiver)
  writer.text(receiver)
  writer.piece(MESSAGE)
  if (typeof message === 'string') writer.text(message)
  else if (message instanceof Uint8Array) writer.binary(message)
  else return false
  return writeExtra(ACKS, acks) && writeExtra(TOKEN, token)
}

function writeExtra(key: Piece, value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'string') return false
  writer.piece(key)
  writer.text(value)
  return true
}

/** Reads such a body, checked like any other. Undefined when it is unusual. */
export function readRequests(body: Uint8Array): { requests: Request[]; batch: boolean } | undefined {
  const reader = new Reader(body)
  const count = reader.array()
  const requests: Request[] = []
  const last: Said = { user: '', receiver: '', token: '' }
  while (requests.length < (count ?? 1) && reader.usual) {
    const said = passForm(reader)
    if (said === undefined) return undefined
    requests.push(read(reader, said, last))
  }
  return reader.ended ? { requests, batch: count !== undefined } : undefined
}

/** What was said last: mostly the next has the same. */
interface Said {
  user: string
  receiver: string
  token: string
}

function passForm(reader: Reader): Form | undefined {
  for (const said of FORMS) if (reader.passes(said.head)) return said
  return undefined
}

/** How many of `acks` and `token` there are. */
function passData(reader: Reader): number {
  for (let extras = 0; extras < DATA.length; extras++) {
    if (reader.passes(DATA[extras] as Piece)) return extras
  }
  reader.fail()
  return 0
}

function read(reader: Reader, said: Form, last: Said): Request {
  const id = reader.id()
  reader.piece(CLOCK)
  const clock = reader.integer()
  reader.piece(TIMESTAMP)
  const timestamp = reader.integer()
  const extras = passData(reader)
  const user = reader.name(last.user)
  reader.piece(said.receiver)
  const receiver = reader.name(last.receiver)
  last.user = user
  last.receiver = receiver
  reader.piece(MESSAGE)
  const message = reader.textOrBytes()
  const data: Record<string, unknown> =
    said.key === 'channel' ? { user, channel: receiver, message } : { user, to: receiver, message }
  const withAcks = extras === 2 || (extras === 1 && reader.follows(ACKS))
  if (withAcks) {
    reader.piece(ACKS)
    data['acks'] = reader.text()
  }
  if (extras > (withAcks ? 1 : 0)) {
    reader.piece(TOKEN)
    last.token = reader.again(last.token)
    data['token'] = last.token
  }
  return { service: said.service, id, clock, timestamp, data }
}

interface Form {
  readonly service: string
  readonly key: string
  readonly head: Piece
  readonly receiver: Piece
}

function form(service: string, key: string): Form {
  return { service, key, head: pieceOf(5, 'service', service, 'id'), receiver: pieceOf(key) }
}
