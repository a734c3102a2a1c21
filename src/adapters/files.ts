import {
  appendFileSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import type { Files } from '../ports/index.ts'

/** The files of one folder. */
export function openFiles(folder: string): Files {
  const path = (name: string): string => `${folder}/${name}`
  const size = (name: string): number | undefined => statSync(path(name), { throwIfNoEntry: false })?.size
  const truncate = (name: string, bytes: number): void => truncateSync(path(name), bytes)
  return {
    size,
    truncate,
    read(name, start, end) {
      const bytes = Buffer.allocUnsafe(end - start)
      const file = openSync(path(name), 'r')
      try {
        return bytes.subarray(0, readSync(file, bytes, 0, bytes.byteLength, start))
      } finally {
        closeSync(file)
      }
    },
    append(name, bytes) {
      const before = size(name) ?? 0
      try {
        appendFileSync(path(name), bytes)
      } catch (error) {
        if (size(name) !== undefined) truncate(name, before)
        throw error
      }
    },
    replaceTail(name, keep, tail) {
      const made = path(`${name}.new`)
      if (keep === 0) rmSync(made, { force: true })
      else {
        copyFileSync(path(name), made)
        truncateSync(made, keep)
      }
      const file = openSync(made, 'a')
      try {
        for (let at = 0; at < tail.byteLength; ) at += writeSync(file, tail, at)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(made, path(name))
    },
    remove: (name) => rmSync(path(name), { force: true }),
  }
}
