import type { Readable } from 'node:stream'

/** An object in Kubernetes has at most some 2 MB. */
const LINE_CHARACTERS_MAX = 16 * 1024 * 1024

/** Calls with each whole line, then once that the stream ended, or failed. Half a line at the end is dropped. */
export function readLines(
  stream: Readable,
  line: (text: string) => void,
  ended: (error?: Error) => void,
): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) if (text !== '') line(text)
    if (rest.length > LINE_CHARACTERS_MAX) {
      stream.destroy(new Error(`A line of more than ${LINE_CHARACTERS_MAX} characters`))
    }
  })
  stream.on('error', (error) => ended(error))
  stream.on('end', () => ended())
}
