import { isSaid, type Kind, type Operation } from './operation.ts'
import type { TextWriter } from './text-writer.ts'

/**
 * The line of an operation in `publications.jsonl` or `messages.jsonl`, with its newline: fixed key order, no fact
 * local to a server. Bytes that are no text stand as base64 under `messageBase64`. Users and channels have no line
 * of their own: `registry.json` shows them.
 */
export function renderLine(operation: Operation): string {
  if (operation.message === undefined) return ''
  if (!isSaid(operation.kind)) return renderAboutLine(operation.message)
  const { clock, origin, incarnation, seq, timestamp, id, user, target, message } = operation
  const name = operation.kind === 'publish' ? 'channel' : 'to'
  const said =
    typeof message === 'string'
      ? `"message":${JSON.stringify(message)}`
      : `"messageBase64":"${Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString('base64')}"`
  return (
    `{"clock":${clock},"origin":"${origin}","incarnation":${incarnation},"seq":${seq},"timestamp":${timestamp},` +
    `"id":${JSON.stringify(id)},"user":"${user}","${name}":"${target}",${said}}\n`
  )
}

const [CLOCK, TIMESTAMP, ID] = [pieceOf('{"clock":'), pieceOf(',"timestamp":'), pieceOf(',"id":')]
const [MESSAGE, END] = [pieceOf(',"message":'), pieceOf('}\n')]

/** Writes the bytes of what `renderLine` renders. */
export function writeLine(writer: TextWriter, operation: Operation): void {
  const { message, kind } = operation
  if (typeof message !== 'string' || !isSaid(kind)) return writer.text(renderLine(operation))
  writer.piece(CLOCK)
  writer.number(operation.clock)
  writer.text(streamText(operation.origin, operation.incarnation))
  writer.number(operation.seq)
  writer.piece(TIMESTAMP)
  writer.number(operation.timestamp)
  writer.piece(ID)
  writer.json(operation.id)
  writer.text(saidText(operation.user, kind, operation.target))
  writer.piece(MESSAGE)
  writer.json(message)
  writer.piece(END)
}

/** The last ones made: mostly the next line has the same. */
let lastStream = { origin: '', incarnation: 0, text: ',"origin":"","incarnation":0,"seq":' }
let lastSaid: { user: string; kind?: Kind; target: string; text: string } = { user: '', target: '', text: '' }

function streamText(origin: string, incarnation: number): string {
  if (origin !== lastStream.origin || incarnation !== lastStream.incarnation) {
    lastStream = { origin, incarnation, text: `,"origin":"${origin}","incarnation":${incarnation},"seq":` }
  }
  return lastStream.text
}

function saidText(user: string, kind: Kind, target: string): string {
  if (user !== lastSaid.user || kind !== lastSaid.kind || target !== lastSaid.target) {
    const receiver = kind === 'publish' ? 'channel' : 'to'
    lastSaid = { user, kind, target, text: `,"user":"${user}","${receiver}":"${target}"` }
  }
  return lastSaid.text
}

function pieceOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text))
}

/** The operation that a line of the files shows. Throws SyntaxError when it is none. */
export function parseLine(line: string): Operation {
  const { channel, to, message, messageBase64, ...rest } = JSON.parse(line)
  const kind = channel === undefined ? 'message' : 'publish'
  const said = messageBase64 === undefined ? message : new Uint8Array(Buffer.from(messageBase64, 'base64'))
  if (said === undefined || (channel ?? to) === undefined || !Number.isSafeInteger(rest.seq)) {
    throw new SyntaxError('The line is not an operation')
  }
  return { ...rest, kind, target: channel ?? to, message: said }
}

/** Stored and passed on like a line, and never written to a file. */
export function renderAboutLine(about: string | Uint8Array): string {
  return `{"about":${JSON.stringify(about)}}\n`
}

/** What a line holds that says nothing to anybody, and is about something. Throws SyntaxError when it is none. */
export function parseAboutLine(line: string): string {
  const { about } = JSON.parse(line)
  if (typeof about === 'string') return about
  throw new SyntaxError('The line is not about anything')
}
