import { closeSync, existsSync, openSync, readSync, renameSync, statfsSync } from 'node:fs'
import { constants } from 'node:os'
import { type Database, open } from 'lmdb'
import type { KeyValue, KeyValueChange } from '../ports/index.ts'
import { RecadoError } from '../wire/index.ts'

const [EIO, ENOSPC, MAP_FULL] = [5, 28, -30_792]
/** What lmdb says of a disk that gives back something else than was written, or nothing: damaged, page missing, given up. */
const DAMAGED: ReadonlySet<unknown> = new Set([EIO, -30_796, -30_797, -30_795])
/** Bytes that a commit may take beside what it writes: pages that are copied, and those of the tree. */
const ROOM = 1024 * 1024

/** Rights, files, memory, room, a read-only file system: what a system may lack, by its numbers and names. */
const LACKING: ReadonlySet<unknown> = new Set(
  ['EPERM', 'ENOMEM', 'EACCES', 'ENFILE', 'EMFILE', 'ENOSPC', 'EROFS', 'EDQUOT'].flatMap((name) => [
    name,
    constants.errno[name as 'EPERM'],
  ]),
)

const STORE = 'store'
/** Where lmdb's first page has its mark. */
const MAGIC_AT = 24
const MAGIC = 0xbeefc0de

/** Opens a map in a folder. One commit is one transaction with one flush; see docs/adr for the figures. */
export function openKeyValue(folder: string): KeyValue {
  checkMagic(`${folder}/${STORE}/data.mdb`)
  const database = open<Buffer, Buffer>({
    path: `${folder}/${STORE}`,
    encoding: 'binary',
    keyEncoding: 'binary',
    // A commit is done when it is flushed, and not before.
    overlappingSync: false,
    // The store gathers what goes into a commit itself; and lmdb would lose sight of the promise of its own gathering.
    eventTurnBatching: false,
    noMemInit: true,
  })
  return {
    get(key) {
      try {
        return database.getBinary(Buffer.from(key))
      } catch (error) {
        throw readAs(error)
      }
    },
    *range({ start, end, limit }) {
      const range = {
        start: Buffer.from(start),
        end: Buffer.from(end),
        // One that is left open would hold a read transaction for good, and all processes together have room for 126.
        snapshot: false,
        ...(limit !== undefined && { limit }),
      }
      try {
        for (const { key, value } of database.getRange(range)) yield { key: Buffer.from(key), value }
      } catch (error) {
        throw readAs(error)
      }
    },
    commit: (changes, done) => commit(database, folder, changes, done),
    space: () => space(folder),
    close(done) {
      database.close().then(done, done)
    },
  }
}

/** lmdb ends the whole process at a file that is none of its own: its mark is looked for before. */
function checkMagic(path: string): void {
  if (!existsSync(path)) return
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(MAGIC_AT + 4)
    const read = readSync(file, head, 0, head.byteLength, 0)
    if (read > 0 && head.readUInt32LE(MAGIC_AT) !== MAGIC) throw new Error(`${path} is no store`)
  } finally {
    closeSync(file)
  }
}

/**
 * Whether a store could not be opened for something that the system lacks: that says nothing of the store, and to set it
 * aside would take from a full cluster all that it holds. `store_not_opened`; undefined for any other error.
 */
export function lackAt(error: unknown, folder: string): RecadoError | undefined {
  const { code } = error as { code?: unknown }
  if (!LACKING.has(code)) return undefined
  const what = `Cannot open the store in ${folder}: ${(error as Error).message}; give the process what it lacks`
  return new RecadoError('store_not_opened', what, { cause: error })
}

/** Moves a store that cannot be opened out of the way, for whoever may want to look into it; its new name. */
export function setStoreAside(folder: string, time: number): string {
  const name = `${STORE}.damaged-${time}`
  renameSync(`${folder}/${STORE}`, `${folder}/${name}`)
  return name
}

function commit(
  database: Database<Buffer, Buffer>,
  folder: string,
  changes: readonly KeyValueChange[],
  done: (error?: Error) => void,
): void {
  // Each change has a promise of its own, which fails with the commit: the commit's tells it all.
  const ignore = (): void => {}
  database
    .batch(() => {
      for (const { key, value } of changes) {
        if (value === undefined) database.remove(bufferOf(key)).catch(ignore)
        else database.put(bufferOf(key), bufferOf(value)).catch(ignore)
      }
    })
    .then(
      () => done(),
      async (error: unknown) => done(toldAs(await causeOf(error), folder, bytesOf(changes))),
    )
}

/** The same bytes, not copied. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** What made a commit fail: lmdb rejects with an error that only holds a promise of it. */
async function causeOf(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: unknown }).commitError
    return error
  } catch (cause) {
    return cause
  }
}

/** A full disk by its one code: lmdb has a number for it, and calls a write that was cut short a fault of the disk. */
function toldAs(cause: unknown, folder: string, bytes: number): Error & { code?: unknown } {
  const error: Error & { code?: unknown } = cause instanceof Error ? cause : new Error(String(cause))
  const isShort = error.code === EIO && space(folder).free < bytes + ROOM
  if (error.code === ENOSPC || error.code === MAP_FULL || isShort) error.code = 'ENOSPC'
  return error
}

/** A fault of the disk by its one code; any other says nothing of what stands there. */
function readAs(error: unknown): unknown {
  const { code } = error as { code?: unknown }
  return error instanceof Error && DAMAGED.has(code) ? Object.assign(error, { code: 'EIO' }) : error
}

function bytesOf(changes: readonly KeyValueChange[]): number {
  let bytes = 0
  for (const { key, value } of changes) bytes += key.byteLength + (value?.byteLength ?? 0)
  return bytes
}

function space(folder: string): { free: number; total: number } {
  const { bavail, blocks, bsize } = statfsSync(folder)
  return { free: bavail * bsize, total: blocks * bsize }
}
