import { buffer } from 'node:stream/consumers'
import { run } from './program.ts'

const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort())
process.once('SIGTERM', () => stopping.abort())
// Who reads the output may end before it does, as `head` does.
process.stdout.on('error', () => process.exit(0))

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  readInput: () => buffer(process.stdin),
  start: async (args) => {
    // The launcher is a program of its own: it reads its arguments from the process and stays until it ends that.
    process.argv.splice(2, process.argv.length, ...args)
    const launcher = './start.ts'
    await import(launcher)
  },
  signal: stopping.signal,
})
