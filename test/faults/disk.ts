import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Chance } from '../../src/ports/index.ts'

/** Which of the files in a server's data folder: those that make up the set, or those made from it. */
export type Which = 'store' | 'journal' | 'readable'

const READABLE = ['publications.jsonl', 'messages.jsonl', 'registry.json']
const PATHS: Readonly<Record<Which, readonly string[]>> = {
  store: ['store/data.mdb'],
  journal: ['journal/0', 'journal/1'],
  readable: READABLE,
}
const SMALL_DISK = 'size=24m'
const BALLAST = 'ballast'
/** A group of the journal (src/adapters/journal.ts): a head, which begins with the length of the rest and has its number. */
const [HEAD_BYTES, NUMBER_AT] = [20, 8]

/** One server's data folder, as someone sees it who means no good. */
export class Disk {
  readonly #folder: string
  readonly #chance: Chance

  constructor(folder: string, chance: Chance) {
    this.#folder = folder
    this.#chance = chance
  }

  empty(): void {
    checkAny(this.#folder, readdirSync(this.#folder))
    for (const name of readdirSync(this.#folder)) rmSync(join(this.#folder, name), { recursive: true })
  }

  copyTo(folder: string): void {
    cpSync(this.#folder, folder, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  }

  putBack(folder: string): void {
    this.empty()
    cpSync(folder, this.#folder, { recursive: true })
  }

  /** Cuts each file off so many bytes before the end of what was written to it. */
  tear(which: Which, bytes: number): void {
    for (const { path, end } of this.#written(which)) truncateSync(path, Math.max(0, end - bytes))
  }

  /** Flips so many bits of each file, each at a random place. */
  flip(which: Which, bits: number): void {
    for (const { path, bytes, end } of this.#written(which)) {
      for (let count = 0; count < bits; count++) {
        const at = Math.floor(this.#chance.next() * end)
        bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(this.#chance.next() * 8))
      }
      // Not cut off and written anew: a map of the file stays one.
      change(path, 0, bytes)
    }
  }

  /** Makes zeros of all but so many bytes at the beginning of each file. */
  blank(which: Which, kept: number): void {
    const larger = this.#written(which).filter(({ end }) => end > kept)
    checkAny(this.#folder, larger)
    for (const { path, bytes } of larger) change(path, kept, Buffer.alloc(bytes.byteLength - kept))
  }

  remove(which: Which): void {
    for (const { path } of this.#written(which)) rmSync(path)
  }

  /** A small file system of its own. */
  makeSmall(): void {
    mkdirSync(this.#folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', SMALL_DISK, 'recado-small-disk', this.#folder])
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.#folder])
  }

  /** Leaves no room at all. */
  fill(): void {
    const path = join(this.#folder, BALLAST)
    writeFileSync(path, '')
    for (let bytes = 1024 * 1024; bytes >= 1; bytes = bytes > 1 ? bytes / 2 : 0) {
      try {
        for (;;) appendFileSync(path, Buffer.alloc(bytes, 1))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  }

  makeRoom(): void {
    rmSync(join(this.#folder, BALLAST))
  }

  /** Those files in which something stands. @throws Error when none does: to damage them would be no fault */
  #written(which: Which): Written[] {
    const endOf = which === 'journal' ? runTo : writtenTo
    const files = PATHS[which].map((name) => {
      const path = join(this.#folder, name)
      const bytes = readFileSync(path)
      return { path, bytes, end: endOf(bytes) }
    })
    const written = files.filter(({ end }) => end > 0)
    checkAny(this.#folder, written)
    return written
  }
}

interface Written {
  readonly path: string
  readonly bytes: Buffer
  /** Where what stands in it ends. */
  readonly end: number
}

function checkAny(folder: string, found: readonly unknown[]): void {
  if (found.length === 0) throw new Error(`There is nothing in ${folder} that can be damaged`)
}

/** Where a file ends, but for the zeros of room that is kept behind. */
function writtenTo(bytes: Uint8Array): number {
  let end = bytes.byteLength
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}

/** Where a file of the journal ends: behind it stands what it held before it was written over, which nobody reads. */
function runTo(bytes: Buffer): number {
  let [end, last] = [0, 0]
  while (end + HEAD_BYTES <= bytes.byteLength) {
    const [length, number] = [bytes.readUInt32LE(end), bytes.readDoubleLE(end + NUMBER_AT)]
    if (length === 0 || (last > 0 && number !== last + 1)) break
    end += HEAD_BYTES + length
    last = number
  }
  return end
}

function change(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  try {
    writeSync(file, bytes, 0, bytes.byteLength, at)
  } finally {
    closeSync(file)
  }
}
