import {
  appendFileSync,
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import type { Files } from '../ports/index.ts'

/** Bytes that are copied at once: the process does nothing else until they are on the disk. */
const COPY_BYTES = 1024 * 1024

/** Files that can be copied in pieces, beside the daily work, before their tails are replaced. */
export interface FolderFiles extends Files {
  /** Copies some of the first `keep` bytes of a file for the next `replaceTail` that keeps them; whether there are more. */
  copyOn(name: string, keep: number): boolean
}

/** The files of one folder. */
export function openFiles(folder: string): FolderFiles {
  const path = (name: string): string => `${folder}/${name}`
  const size = (name: string): number | undefined => statSync(path(name), { throwIfNoEntry: false })?.size
  const copies = new Copies(folder)
  return {
    size,
    truncate(name, bytes) {
      copies.drop(name)
      truncateSync(path(name), bytes)
    },
    read: (name, start, end) => read(path(name), start, end),
    append(name, bytes) {
      const before = size(name) ?? 0
      try {
        appendFileSync(path(name), bytes)
      } catch (error) {
        if (size(name) !== undefined) truncateSync(path(name), before)
        throw error
      }
    },
    copyOn: (name, keep) => copies.copyOn(name, keep),
    replaceTail: (name, keep, tail) => copies.finish(name, keep, tail),
    remove(name) {
      copies.drop(name)
      rmSync(path(name), { force: true })
    },
  }
}

/** Removes what a process that ended while it copied a file has left of the copy. */
export function removeCopy(folder: string, name: string): void {
  new Copies(folder).drop(name)
}

/** What is to take the place of files: the beginnings of them, as far as they are copied. */
class Copies {
  readonly #folder: string
  /** How many bytes of each file's beginning this process has copied. */
  readonly #copied = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
  }

  copyOn(name: string, keep: number): boolean {
    const start = this.#copied.get(name) ?? 0
    if (start >= keep) return false
    const bytes = read(`${this.#folder}/${name}`, start, Math.min(keep, start + COPY_BYTES))
    if (bytes.byteLength === 0) {
      this.drop(name)
      throw new Error(`${name} is shorter than it was`)
    }
    this.#write(name, start, bytes)
    this.#copied.set(name, start + bytes.byteLength)
    return start + bytes.byteLength < keep
  }

  finish(name: string, keep: number, tail: Uint8Array): void {
    while (this.copyOn(name, keep)) {
      // Each piece is bounded; there are as many as it takes.
    }
    this.#write(name, keep, tail)
    try {
      renameSync(this.#pathOf(name), `${this.#folder}/${name}`)
      this.#copied.delete(name)
    } catch (error) {
      this.drop(name)
      throw error
    }
  }

  drop(name: string): void {
    this.#copied.delete(name)
    rmSync(this.#pathOf(name), { force: true })
  }

  /** Writes at a place, ends the copy behind it, and brings it to the disk; removes the copy when that fails. */
  #write(name: string, start: number, bytes: Uint8Array): void {
    try {
      const file = openSync(this.#pathOf(name), start === 0 ? 'w' : 'r+')
      try {
        ftruncateSync(file, start)
        for (let at = 0; at < bytes.byteLength; )
          at += writeSync(file, bytes, at, bytes.byteLength - at, start + at)
        fdatasyncSync(file)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      this.drop(name)
      throw error
    }
  }

  #pathOf(name: string): string {
    return `${this.#folder}/${name}.new`
  }
}

function read(path: string, start: number, end: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(end - start)
  const file = openSync(path, 'r')
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.byteLength, start))
  } finally {
    closeSync(file)
  }
}
