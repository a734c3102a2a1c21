import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const LMDB = new URL('../../src/adapters/lmdb.ts', import.meta.url).href

/** Commits more than a file may hold here, and tells of everything that it hears. */
function program(folder: string): string {
  return `
    import { openKeyValue } from ${JSON.stringify(LMDB)}
    process.on('unhandledRejection', (error) => process.stdout.write('unhandled ' + error.message + '\\n'))
    const store = openKeyValue(${JSON.stringify(folder)})
    const change = (key, bytes) => ({ key: Buffer.from(key), value: Buffer.alloc(bytes) })
    const commit = (changes) => new Promise((resolve) => store.commit(changes, resolve))
    const told = async (name, changes) => {
      const error = await commit(changes)
      process.stdout.write(name + ' ' + (error === undefined ? 'done' : 'failed with ' + error.code) + '\\n')
    }
    await told('small', [change('a', 10), change('b', 10)])
    await told('large', [change('c', 400_000), change('d', 400_000), { key: Buffer.from('a') }])
    // Rejections are told of once the turn is over.
    setImmediate(() => store.close(() => process.exit(0)))`
}

it('openKeyValue tells of a failed commit once, with its cause, and lets no rejection escape', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recado-lmdb-'))
  try {
    const args = [
      '-c',
      'ulimit -f 256; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      program(folder),
    ]
    const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    expect(await text(child.stdout)).toBe('small done\nlarge failed with 5\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
