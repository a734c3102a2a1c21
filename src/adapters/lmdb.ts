import { statfsSync } from 'node:fs'
import { type Database, open } from 'lmdb'
import type { KeyValue, KeyValueChange } from '../ports/index.ts'

/** Opens a map in a folder. One commit is one transaction with one flush; see docs/adr for the figures. */
export function openKeyValue(folder: string): KeyValue {
  const database = open<Buffer, Buffer>({
    path: `${folder}/store`,
    encoding: 'binary',
    keyEncoding: 'binary',
    // A commit is done when it is flushed, and not before.
    overlappingSync: false,
    noMemInit: true,
  })
  return {
    get: (key) => database.getBinary(Buffer.from(key)),
    *range({ start, end, reverse, limit }) {
      const range =
        reverse === true
          ? { start: Buffer.from(end), end: Buffer.from(start), reverse }
          : { start: Buffer.from(start), end: Buffer.from(end) }
      for (const { key, value } of database.getRange(limit === undefined ? range : { ...range, limit })) {
        yield { key: Buffer.from(key), value }
      }
    },
    commit: (changes, done) => commit(database, changes, done),
    space() {
      const { bavail, blocks, bsize } = statfsSync(folder)
      return { free: bavail * bsize, total: blocks * bsize }
    },
    close(done) {
      database.close().then(done, done)
    },
  }
}

function commit(
  database: Database<Buffer, Buffer>,
  changes: readonly KeyValueChange[],
  done: (error?: Error) => void,
): void {
  database
    .batch(() => {
      for (const { key, value } of changes) {
        if (value === undefined) void database.remove(Buffer.from(key))
        else void database.put(Buffer.from(key), Buffer.from(value))
      }
    })
    .then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    )
}
