import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  write,
  writeSync,
} from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Journal, JournalRecords } from '../ports/index.ts'

const FOLDER = 'journal'
const FILES = ['0', '1'] as const
/** Length of what follows the head, its CRC-32 (over the rest of the head too), the number, how many records. */
const HEAD_BYTES = 20
/** A file grows by so many bytes at once: what is written to room that is there is flushed in half the time. */
const ROOM_BYTES = 1024 * 1024
/** What is no larger is written at once, without the way over another thread, as long as writes are quick on average. */
const QUICK_BYTES = 64 * 1024
const QUICK_MS = 1
/** The weight of the last write in the average. */
const WEIGHT = 1 / 16
const GROUP_BYTES_MAX = 256 * 1024 * 1024
/** What is written stands in one buffer that is used again, of this size and up to the other; what is larger in one of its own. */
const [BUFFER_BYTES, BUFFER_BYTES_MAX] = [256 * 1024, 8 * 1024 * 1024]
/** The number of a group stands so far behind its beginning. */
const NUMBER_AT = 8
/** The highest bytes of doubles from one on, up to the largest safe integer. */
const [NUMBER_TOP_MIN, NUMBER_TOP_MAX] = [0x3f, 0x43]
/**
 * How many numbers behind the end are looked for to tell a torn end from lost bytes: a page that is gone held fewer. Not all
 * that may be: any message may hold bytes that look like a group, and should not be able to guess one of these.
 */
const LATER_NUMBERS = 64

/** One append as it stands in a file. */
interface Group {
  readonly number: number
  readonly records: readonly Uint8Array[]
}

/** What a file holds from its beginning on, and where that ends. */
interface Run {
  readonly file: number
  readonly size: number
  readonly groups: readonly Group[]
  readonly end: number
}

/**
 * Opens the journal of a data folder: two files that are used in turn and written over. Each append is one group of
 * records with a number one above the last, written through to the disk in one call. A group is whole or it is none, and
 * where the numbers stop, the file ends.
 */
export function openJournal(folder: string): Journal {
  return new FileJournal(`${folder}/${FOLDER}`)
}

class FileJournal implements Journal {
  readonly #files: readonly number[]
  readonly #missing: boolean
  /** Bytes of each file that are there to be written over. */
  readonly #room: number[]
  #current = 0
  #position = 0
  #number = 0
  #averageMs = 0
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES)

  constructor(folder: string) {
    this.#missing = FILES.some((name) => !existsSync(`${folder}/${name}`))
    mkdirSync(folder, { recursive: true })
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC
    this.#files = FILES.map((name) => openSync(`${folder}/${name}`, flags))
    this.#room = this.#files.map((file) => fstatSync(file).size)
    // What a process left here that was killed amid a write may be in the system's memory alone, and is about to count as durable.
    for (const file of this.#files) fdatasyncSync(file)
    if (this.#missing) syncFolders(folder)
  }

  records(after: number): JournalRecords {
    const runs = this.#files
      .map(readRun)
      .toSorted((a, b) => (a.groups[0]?.number ?? 0) - (b.groups[0]?.number ?? 0))
    const groups = runs.flatMap((run) => run.groups).filter(({ number }) => number > after)
    let expected = after + 1
    let damaged = this.#missing && after > 0
    for (const { number } of groups) {
      if (number !== expected) damaged = true
      expected = number + 1
    }
    this.#number = expected - 1
    damaged ||= runs.some((run) => holdsLater(run, expected))
    // What was left out is not to be taken for one of the next: those get numbers that none of it can have.
    if (damaged) this.#number += this.#roomForGroups()
    return { records: groups.flatMap(({ records }) => records), damaged }
  }

  append(records: readonly Uint8Array[], done: (error?: Error) => void): void {
    const group = HEAD_BYTES + lengthOf(records)
    const bytes = this.#bufferOf(this.#withRoom(group))
    writeGroup(bytes, this.#number + 1, records, group)
    const file = this.#files[this.#current] as number
    const finish = (error: Error | null, written: number): void => {
      if (error !== null) return done(error)
      if (written < bytes.byteLength) return done(shortWrite())
      this.#number++
      this.#position += group
      this.#room[this.#current] = Math.max(this.#room[this.#current] as number, this.#position)
      done()
    }
    if (bytes.byteLength <= QUICK_BYTES && this.#averageMs < QUICK_MS) this.#writeNow(file, bytes, finish)
    else this.#writeAside(file, bytes, finish)
  }

  turn(): number {
    // What stands in the other file has numbers that are settled: it is passed over and written over.
    this.#current = 1 - this.#current
    this.#position = 0
    return this.#number
  }

  close(): void {
    for (const file of this.#files) closeSync(file)
  }

  #roomForGroups(): number {
    return Math.ceil(this.#room.reduce((sum, bytes) => sum + bytes, 0) / HEAD_BYTES)
  }

  #writeNow(file: number, bytes: Uint8Array, finish: (error: Error | null, written: number) => void): void {
    const began = performance.now()
    let [error, written]: [Error | null, number] = [null, 0]
    try {
      written = writeSync(file, bytes, 0, bytes.byteLength, this.#position)
    } catch (cause) {
      error = cause as Error
    }
    this.#measure(began)
    queueMicrotask(() => finish(error, written))
  }

  #writeAside(file: number, bytes: Uint8Array, finish: (error: Error | null, written: number) => void): void {
    const began = performance.now()
    write(file, bytes, 0, bytes.byteLength, this.#position, (error, written) => {
      this.#measure(began)
      finish(error, written)
    })
  }

  #measure(began: number): void {
    this.#averageMs += (performance.now() - began - this.#averageMs) * WEIGHT
  }

  /** How many bytes to write for a group of so many: where the file ends with zeros behind it, so that the next find room. */
  #withRoom(group: number): number {
    const end = this.#position + group
    if (end <= (this.#room[this.#current] as number)) return group
    const room = Math.ceil(end / ROOM_BYTES) * ROOM_BYTES
    this.#room[this.#current] = room
    return room - this.#position
  }

  /** One append is under way at a time, so one buffer serves them all. */
  #bufferOf(size: number): Buffer {
    if (size > BUFFER_BYTES_MAX) return Buffer.allocUnsafe(size)
    if (size > this.#buffer.byteLength) {
      this.#buffer = Buffer.allocUnsafe(Math.min(size * 2, BUFFER_BYTES_MAX))
    }
    return this.#buffer.subarray(0, size)
  }
}

function lengthOf(records: readonly Uint8Array[]): number {
  let length = 0
  for (const record of records) length += 4 + record.byteLength
  return length
}

/** Writes a group of so many bytes with its head to the beginning of `bytes`, and zeros behind it. */
function writeGroup(bytes: Buffer, number: number, records: readonly Uint8Array[], group: number): void {
  bytes.writeUInt32LE(group - HEAD_BYTES, 0)
  bytes.writeDoubleLE(number, 8)
  bytes.writeUInt32LE(records.length, 16)
  let at = HEAD_BYTES
  for (const record of records) {
    at = bytes.writeUInt32LE(record.byteLength, at)
    bytes.set(record, at)
    at += record.byteLength
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(8, at)), 4)
  bytes.fill(0, at)
}

/** The groups from a file's beginning whose numbers follow each other. */
function readRun(file: number): Run {
  const { size } = fstatSync(file)
  const groups: Group[] = []
  let end = 0
  for (;;) {
    const read = readGroup(file, end, size)
    const last = groups.at(-1)
    if (read === undefined || (last !== undefined && read.group.number !== last.number + 1)) break
    groups.push(read.group)
    end = read.end
  }
  return { file, size, groups, end }
}

/**
 * Whether a group stands behind a run whose number is higher than that of the next one. The next may be torn, and then
 * settled ones stand behind it; but a later one is written only once the next is flushed: flushed bytes changed. It is
 * found wherever it stands, for the length of the next may be what changed.
 */
function holdsLater({ file, size, end }: Run, next: number): boolean {
  const rest = readBytes(file, end, size - end)
  for (let at = NUMBER_AT; at + 8 <= rest.byteLength; at++) {
    const top = rest[at + 7] as number
    if (top < NUMBER_TOP_MIN || top > NUMBER_TOP_MAX) continue
    const number = rest.readDoubleLE(at)
    if (number <= next || number > next + LATER_NUMBERS) continue
    if (readGroup(file, end + at - NUMBER_AT, size) !== undefined) return true
  }
  return false
}

/** The group that stands at a position whole, and where it ends. */
function readGroup(file: number, position: number, size: number): { group: Group; end: number } | undefined {
  const head = readBytes(file, position, HEAD_BYTES)
  if (head.byteLength < HEAD_BYTES) return undefined
  const length = head.readUInt32LE(0)
  const end = position + HEAD_BYTES + length
  if (length === 0 || length > GROUP_BYTES_MAX || end > size) return undefined
  const body = readBytes(file, position + 8, HEAD_BYTES - 8 + length)
  if (crc32(body) !== head.readUInt32LE(4)) return undefined
  const records: Uint8Array[] = []
  let at = HEAD_BYTES - 8
  for (let left = body.readUInt32LE(8); left > 0; left--) {
    // Nothing that was appended: a message's bytes were made to look like it.
    if (at + 4 > body.byteLength) return undefined
    const bytes = body.readUInt32LE(at)
    records.push(body.subarray(at + 4, at + 4 + bytes))
    at += 4 + bytes
  }
  return { group: { number: head.readDoubleLE(8), records }, end }
}

function readBytes(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}

/** The new files' names must be on the disk before what they hold is relied on. */
function syncFolders(folder: string): void {
  for (const path of [folder, `${folder}/..`]) {
    const file = openSync(path, 'r')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }
}

function shortWrite(): Error {
  return Object.assign(new Error('The disk took only a part of the journal'), { code: 'ENOSPC' })
}
