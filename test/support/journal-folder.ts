import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../../src/adapters/journal.ts'
import type { Journal, JournalRecords } from '../../src/ports/index.ts'

/** The head of a group, and of a record in it. */
export const HEAD_BYTES = 20
const RECORD_HEAD_BYTES = 4
/** What a group of one record is longer than that. */
export const GROUP_BYTES = HEAD_BYTES + RECORD_HEAD_BYTES
/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512

/** One append, and where it stands. */
export interface Written {
  readonly records: readonly Buffer[]
  readonly file: 0 | 1
  readonly start: number
  readonly end: number
}

/** What of a write reached the disk: its beginning, or some of its sectors. */
export interface Tear {
  /** The share of the group, or of the whole write with the zeros behind it, that is there. */
  readonly prefix?: number | undefined
  readonly whole: boolean
  /** Which sectors are there, over and over. */
  readonly sectors: readonly boolean[]
  /** Whether the file is as long as after the write, whatever of that is there. */
  readonly long: boolean
}

/** A flush changes nothing that a test could see, and in memory it costs nothing. */
const MEMORY = '/dev/shm'
const PLACE = existsSync(MEMORY) ? MEMORY : tmpdir()

export type Files = readonly [Buffer, Buffer]

/**
 * The real journal in a folder of its own, used as the store uses it, by one process after the other, and what it has to
 * give back. Nothing but what the disk does is made up.
 */
export class JournalFolder {
  readonly #folder = mkdtempSync(join(PLACE, 'recado-journal-'))
  /** What was flushed and not yet written over, in its order: the first of them are settled. */
  #groups: Written[] = []
  #settledGroups = 0
  #settled = 0
  #turned: { readonly number: number; readonly groups: number } | undefined
  #journal: Journal | undefined
  #current: 0 | 1 = 0
  #position = 0
  /** Tells apart what is appended under the same number. */
  #appends = 0

  /** What must be given back. */
  get needed(): readonly Written[] {
    return this.#groups.slice(this.#settledGroups)
  }

  get settled(): number {
    return this.#settled
  }

  get files(): Files {
    return [readFileSync(this.path(0)), readFileSync(this.path(1))]
  }

  set files(files: Files) {
    for (const file of [0, 1] as const) replace(this.path(file), files[file], 0)
  }

  path(file: 0 | 1): string {
    return join(this.#folder, 'journal', String(file))
  }

  open(): JournalRecords {
    this.close()
    this.#journal = openJournal(this.#folder)
    this.#current = 0
    this.#position = 0
    this.#turned = undefined
    return this.#journal.records(this.#settled)
  }

  /** Opens what is to be found now, closes it again and puts everything back. */
  peek(change: () => void): JournalRecords {
    this.close()
    const files = this.files
    change()
    const journal = openJournal(this.#folder)
    const found = journal.records(this.#settled)
    journal.close()
    this.files = files
    return found
  }

  /** What a store does with what it found: all of it is settled before anything is appended. */
  recover({ records }: JournalRecords): void {
    if (records.length === 0) return
    this.turn()
    this.settle()
  }

  async append(sizes: readonly number[]): Promise<Written> {
    const life = `${this.#appends++}`
    return this.appendRecords(sizes.map((size, at) => Buffer.alloc(size, `${life}/${at}: what was written `)))
  }

  async appendRecords(records: readonly Buffer[]): Promise<Written> {
    const journal = this.#journal as Journal
    await new Promise<void>((resolve, reject) => {
      journal.append(records, (error) => (error === undefined ? resolve() : reject(error)))
    })
    const start = this.#position
    const bytes = records.reduce((sum, { byteLength }) => sum + RECORD_HEAD_BYTES + byteLength, HEAD_BYTES)
    this.#position += bytes
    const written: Written = { records, file: this.#current, start, end: this.#position }
    this.#groups.push(written)
    return written
  }

  /** The former turn must be settled: only then may what stands in the other file be written over. */
  turn(): void {
    if (this.#turned !== undefined) this.settle()
    const number = (this.#journal as Journal).turn()
    this.#turned = { number, groups: this.#groups.length }
    this.#current = this.#current === 0 ? 1 : 0
    this.#position = 0
  }

  settle(): void {
    if (this.#turned === undefined) return
    this.#settled = this.#turned.number
    this.#settledGroups = this.#turned.groups
    this.#turned = undefined
  }

  /** Appends, and the machine fails before that is flushed: a part of it is there. */
  async tear(sizes: readonly number[], tear: Tear): Promise<void> {
    const path = this.path(this.#current)
    const before = readFileSync(path)
    const group = await this.append(sizes)
    this.close()
    const after = readFileSync(path)
    const torn = tornFile(before, after, group, tear)
    replace(path, torn, group.start)
    const whole = torn.subarray(group.start, group.end).equals(after.subarray(group.start, group.end))
    if (!whole) this.#groups.pop()
  }

  /** These alone are still to be given back. */
  keep(groups: readonly Written[]): void {
    this.#groups = [...this.#groups.slice(0, this.#settledGroups), ...groups]
  }

  removeFile(file: 0 | 1): void {
    rmSync(this.path(file))
  }

  cutFile(file: 0 | 1, size: number): void {
    truncateSync(this.path(file), size)
  }

  swapFiles(): void {
    const aside = join(this.#folder, 'aside')
    copyFileSync(this.path(0), aside)
    renameSync(this.path(1), this.path(0))
    renameSync(aside, this.path(1))
  }

  close(): void {
    this.#journal?.close()
    this.#journal = undefined
  }

  remove(): void {
    this.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** Makes a file hold these bytes, which are its own up to there; its place on the disk stays, as at a write over it. */
function replace(path: string, bytes: Buffer, from: number): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT)
  try {
    ftruncateSync(file, bytes.byteLength)
    writeSync(file, bytes, from, bytes.byteLength - from, from)
  } finally {
    closeSync(file)
  }
}

/** Over what stood there before, or zeros where the file ended, or its end. */
function tornFile(before: Buffer, after: Buffer, { start, end }: Written, tear: Tear): Buffer {
  const write = before.byteLength < after.byteLength ? after.byteLength : end
  const torn = Buffer.alloc(after.byteLength)
  before.copy(torn)
  let reached = before.byteLength
  const bring = (from: number, to: number): void => {
    after.copy(torn, from, from, to)
    reached = Math.max(reached, to)
  }
  if (tear.prefix !== undefined) {
    const length = Math.floor(tear.prefix * ((tear.whole ? write : end) - start))
    if (length > 0) bring(start, start + length)
  } else {
    const first = Math.floor(start / SECTOR_BYTES)
    for (let at = first; at * SECTOR_BYTES < write; at++) {
      const there = tear.sectors[(at - first) % tear.sectors.length]
      if (there === true) bring(at * SECTOR_BYTES, Math.min((at + 1) * SECTOR_BYTES, write))
    }
  }
  return torn.subarray(0, tear.long ? after.byteLength : reached)
}
