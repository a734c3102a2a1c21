import { buffer } from 'node:stream/consumers'
import { run } from './program.ts'

const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort())
process.once('SIGTERM', () => stopping.abort())
// Who reads the output may end before it does, as `head` does.
process.stdout.on('error', () => process.exit(0))

const status = await run(process.argv.slice(2), {
  environment: process.env,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  readInput: () => buffer(process.stdin),
  signal: stopping.signal,
})
process.stdout.write('', () => process.exit(status))
