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

/** Which of the files in a server's data folder. */
export type Which = 'store' | 'readable'

const READABLE = ['publications.jsonl', 'messages.jsonl', 'registry.json']
/** What is neither the store's nor readable: whose folder it is, and locks. */
const OTHERS = /^(?:owner\.json|.*\.sock|lock\.mdb)$/
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

  /** Cuts so many bytes off the end of each file. */
  tear(which: Which, bytes: number): void {
    for (const path of this.#files(which)) truncateSync(path, Math.max(0, statSync(path).size - bytes))
  }

  /** Flips so many bits, each at a random place of one of the files. */
  flip(which: Which, bits: number): void {
    const files = this.#files(which).filter((path) => statSync(path).size > 0)
    for (let count = 0; count < bits; count++) this.#flip(files[count % files.length] as string)
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
    const all = readdirSync(this.#folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const chosen = all.filter(({ name }) =>
      which === 'readable' ? READABLE.includes(name) : !READABLE.includes(name) && !OTHERS.test(name),
    )
    if (chosen.length === 0) throw new Error(`${this.#folder} holds no ${which} file`)
    return chosen.map(({ parentPath, name }) => join(parentPath, name)).toSorted()
  }

  #flip(path: string): void {
    const at = Math.floor(this.#chance.next() * statSync(path).size)
    const byte = readFileSync(path)[at] as number
    change(path, at, Buffer.from([byte ^ (1 << Math.floor(this.#chance.next() * 8))]))
  }
}

function change(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  try {
    writeSync(file, bytes, 0, bytes.byteLength, at)
  } finally {
    closeSync(file)
  }
}

/** The files that people read, whole; an empty one for what is not there. */
export function readableFiles(folder: string): Buffer[] {
  return READABLE.map((name) => {
    try {
      return readFileSync(join(folder, name))
    } catch {
      return Buffer.alloc(0)
    }
  })
}
