import { isSaid, type Operation } from './operation.ts'
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

/** Writes the bytes of what `renderLine` renders. */
export function writeLine(writer: TextWriter, operation: Operation): void {
  const { clock, origin, incarnation, seq, timestamp, kind, id, user, target, message } = operation
  if (typeof message !== 'string' || !isSaid(kind)) return writer.text(renderLine(operation))
  writer.text('{"clock":')
  writer.number(clock)
  writer.text(',"origin":"')
  writer.text(origin)
  writer.text('","incarnation":')
  writer.number(incarnation)
  writer.text(',"seq":')
  writer.number(seq)
  writer.text(',"timestamp":')
  writer.number(timestamp)
  writer.text(',"id":')
  writer.json(id)
  writer.text(',"user":"')
  writer.text(user)
  writer.text(kind === 'publish' ? '","channel":"' : '","to":"')
  writer.text(target)
  writer.text('","message":')
  writer.json(message)
  writer.text('}\n')
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
