import type { Publication } from '../client/index.ts'

/** Where a command writes: rows for people, or one JSON object a line for programs. */
export interface Output {
  readonly json: boolean
  readonly write: (text: string) => void
}

export type Row = Readonly<Record<string, unknown>>

/** Rows under a head, columns as wide as they must be; programs get one object a row. */
export function writeRows(output: Output, columns: readonly string[], rows: readonly Row[]): void {
  if (output.json) {
    for (const row of rows) writeJson(output, row)
    return
  }
  const cells = [
    columns.map((column) => column.toUpperCase()),
    ...rows.map((row) => columns.map((name) => cell(row[name]))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => (line[at] as string).length)))
  for (const line of cells) {
    output.write(
      `${line
        .map((text, at) => text.padEnd(widths[at] as number))
        .join('  ')
        .trimEnd()}\n`,
    )
  }
}

export function writeJson(output: Output, value: Row): void {
  output.write(`${JSON.stringify(value)}\n`)
}

/** A sentence for people, an object for programs. */
export function writeResult(output: Output, sentence: string, value: Row): void {
  if (output.json) writeJson(output, value)
  else output.write(`${sentence}\n`)
}

/** A message: time, sender and what was said for people, all of it for programs. */
export function writeMessage(output: Output, message: Publication & { readonly cursor?: string }): void {
  if (output.json) return writeJson(output, messageRow(message))
  const time = new Date(message.timestamp).toISOString().slice(0, 19).replace('T', ' ')
  output.write(
    `${time}  ${message.user}${message.to === undefined ? '' : ` > ${message.to}`}: ${sayable(message.message)}\n`,
  )
}

function messageRow(item: Publication & { readonly cursor?: string }): Row {
  const { operation, timestamp, id, user, channel, to, message, cursor } = item
  const said =
    typeof message === 'string' ? { message } : { messageBase64: Buffer.from(message).toString('base64') }
  const where = channel === undefined ? { to } : { channel }
  return { operation, timestamp, id, user, ...where, ...said, ...(cursor === undefined ? {} : { cursor }) }
}

/** Text that cannot steer the terminal it is shown on. */
function sayable(message: string | Uint8Array): string {
  if (typeof message !== 'string') return `(${message.byteLength} bytes)`
  return message.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '-'
  return typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | boolean}`
}
