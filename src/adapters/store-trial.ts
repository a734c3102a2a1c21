import { spawn } from 'node:child_process'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lackAt, openKeyValue } from './lmdb.ts'

/** A file that stands beside the others from a start on until that process has worked for a while. */
const MARK = 'OPENING'
const PROGRAM = fileURLToPath(import.meta.url)
/** A trial that takes longer goes round in circles. */
const TRIAL_MS = 60_000
const SLOWEST_BYTES_PER_MS = 10_000
/** Ends of a process that only what it read can bring about. Being killed is none: memory may have been short. */
const FATAL: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE'])
const STATUS_DAMAGED = 3
/** So large that every list of free pages is gone through for it. */
const PROBE_BYTES = 1024 * 1024
/** Faults of the disk, which another store would meet as well. */
const DISK_CODES: ReadonlySet<unknown> = new Set(['EIO', 5])

/** Tells whether the last process that opened the store of a folder ended early, and how. */
export interface StartMark {
  /** The last start ended before its process had worked for a while. */
  readonly cutShort: boolean
  /** This process has worked for a while. */
  remove(): void
}

/** Notes that a process starts to open the store of this folder. */
export function markStart(folder: string): StartMark {
  const path = `${folder}/${MARK}`
  const cutShort = existsSync(path)
  try {
    writeFileSync(path, '')
  } catch {
    // On a full disk there is no mark: the next start then tries without a trial.
  }
  return { cutShort, remove: () => rmSync(path, { force: true }) }
}

/**
 * Opens and reads the whole store of a folder, and commits something to it, in a process of its own: lmdb ends the
 * process when pages are damaged inside. Gives what went wrong, or undefined when the store works or that cannot be said.
 */
export async function tryStore(folder: string): Promise<string | undefined> {
  const bytes = statSync(`${folder}/store/data.mdb`, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return undefined
  const child = spawn(process.execPath, [PROGRAM, folder], {
    stdio: 'ignore',
    timeout: Math.ceil(TRIAL_MS + bytes / SLOWEST_BYTES_PER_MS),
    killSignal: 'SIGABRT',
  })
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined))
    child.once('exit', (status, signal) => {
      if (status === STATUS_DAMAGED) resolve('It cannot be read, or written to')
      else resolve(signal !== null && FATAL.has(signal) ? `It ends a process with ${signal}` : undefined)
    })
  })
}

/** The trial itself: ends the process with 0, with STATUS_DAMAGED, or as lmdb will have it. */
function runTrial(folder: string): void {
  const key = Buffer.from('trial')
  const end = (error?: Error & { code?: unknown }): void => {
    const isSound = error === undefined || DISK_CODES.has(error.code) || lackAt(error, folder) !== undefined
    process.exit(isSound ? 0 : STATUS_DAMAGED)
  }
  try {
    const store = openKeyValue(folder)
    const all = store.range({ start: Buffer.alloc(1), end: Buffer.alloc(1, 0xff) })
    for (const { value } of all) Buffer.from(value).includes(0)
    store.commit([{ key, value: Buffer.alloc(PROBE_BYTES) }], (error) => {
      if (error === undefined) store.commit([{ key }], end)
      else end(error)
    })
  } catch (error) {
    end(error as Error)
  }
}

if (import.meta.main) runTrial(process.argv[2] as string)
