import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface RefFile {
  read(): Uint8Array | undefined
  write(bytes: Uint8Array): void
}

/** Ref's file in this folder, which is made when missing: written beside itself, flushed, renamed, and the folder flushed. Throws as node:fs does. */
export function openRefFile(folder: string): RefFile {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'ref_servers.json')
  return {
    read() {
      try {
        return readFileSync(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    write(bytes) {
      const temporary = `${path}.new`
      flushed(temporary, 'w', (file) => {
        for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at)
      })
      renameSync(temporary, path)
      flushed(dirname(path), 'r', () => {})
    },
  }
}

function flushed(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags)
  try {
    use(file)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
