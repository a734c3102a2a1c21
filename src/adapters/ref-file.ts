import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RecadoError } from '../wire/index.ts'
import { makeWritable } from './folder.ts'
import { lockFolder } from './folder-lock.ts'

interface RefFile {
  /** @throws RecadoError `folder_not_writable` when it is there and cannot be read */
  read(): Uint8Array | undefined
  /** Throws as node:fs does. */
  write(bytes: Uint8Array): void
  /** Gives the folder to the next process. */
  release(): Promise<void>
}

/**
 * Makes the folder if it is missing, takes it for this process, and gives ref's file in it: written beside itself, flushed,
 * renamed, and the folder flushed. Of two refs with one file each would write over the ranks that the other gave.
 * @throws RecadoError `folder_not_writable`, `folder_in_use`
 */
export async function openRefFile(folder: string): Promise<RefFile> {
  makeWritable(folder)
  const lock = await lockFolder(folder)
  const path = join(folder, 'ref_servers.json')
  return {
    read() {
      try {
        return readFileSync(path)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') return undefined
        throw new RecadoError(
          'folder_not_writable',
          `Cannot read ${path} (${String(code)}); change its owner, or remove it: ref learns its content from the servers`,
          { cause: error },
        )
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
    release: () => lock.release(),
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
