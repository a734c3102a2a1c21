import type { Files } from '../ports/index.ts'

const CHUNK = 1024 * 1024
/** Bytes of a differing line that are shown. */
const SHOWN_MAX = 500
const NEWLINE = 10

export interface Difference {
  /** Counted from 1. */
  readonly line: number
  /** Each folder's line there, undefined where its file ends before. */
  readonly lines: readonly (string | undefined)[]
}

/** The first line in which folders' files of this name differ; undefined when they are the same bytes. */
export function firstDifference(folders: readonly Files[], name: string): Difference | undefined {
  let line = 1
  let lineStart = 0
  for (let at = 0; ; at += CHUNK) {
    const chunks = folders.map((files) => readUpTo(files, name, at, at + CHUNK))
    const [first = new Uint8Array()] = chunks
    const same = Math.min(...chunks.map((chunk) => commonLength(first, chunk)))
    for (
      let index = first.indexOf(NEWLINE);
      index !== -1 && index < same;
      index = first.indexOf(NEWLINE, index + 1)
    ) {
      line++
      lineStart = at + index + 1
    }
    if (chunks.some((chunk) => chunk.byteLength !== same)) {
      return { line, lines: folders.map((files) => lineAt(files, name, lineStart)) }
    }
    if (first.byteLength < CHUNK) return undefined
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return a.byteLength
  const shorter = Math.min(a.byteLength, b.byteLength)
  let at = 0
  while (at < shorter && a[at] === b[at]) at++
  return at
}

function readUpTo(files: Files, name: string, start: number, end: number): Uint8Array {
  const size = files.size(name) ?? 0
  return start >= size ? new Uint8Array() : files.read(name, start, Math.min(end, size))
}

function lineAt(files: Files, name: string, start: number): string | undefined {
  const bytes = readUpTo(files, name, start, start + SHOWN_MAX)
  if (bytes.byteLength === 0) return undefined
  const end = bytes.indexOf(NEWLINE)
  return Buffer.from(bytes.subarray(0, end === -1 ? bytes.byteLength : end)).toString()
}
