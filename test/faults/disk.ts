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
  statSync,
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

/** One server's data folder, as someone sees it who means no good. */
export class Disk {
  readonly #folder: string
  readonly #chance: Chance

  constructor(folder: string, chance: Chance) {
    this.#folder = folder
    this.#chance = chance
  }

  empty(): void {
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
    for (const path of this.#files(which))
      truncateSync(path, Math.max(0, writtenTo(readFileSync(path)) - bytes))
  }

  /** Flips so many bits of each file, each at a random place. */
  flip(which: Which, bits: number): void {
    for (const path of this.#files(which)) {
      const bytes = readFileSync(path)
      const end = writtenTo(bytes)
      if (end === 0) continue
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
    for (const path of this.#files(which)) {
      change(path, kept, Buffer.alloc(Math.max(0, statSync(path).size - kept)))
    }
  }

  remove(which: Which): void {
    for (const path of this.#files(which)) rmSync(path)
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

  #files(which: Which): string[] {
    return PATHS[which].map((path) => join(this.#folder, path))
  }
}

/** Where a file ends, but for the zeros of room that is kept behind. */
function writtenTo(bytes: Uint8Array): number {
  let end = bytes.byteLength
  while (end > 0 && bytes[end - 1] === 0) end--
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
