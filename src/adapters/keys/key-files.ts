import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecadoError } from '../../wire/index.ts'

interface Watched {
  /** Otherwise a missing file is as an empty one. */
  readonly needed: boolean
  text: string
  /** Takes what stands in the file now. @throws Error when it cannot be used */
  readonly take: (text: string) => void
}

/** Files that hold keys: read when they are first needed, and again and again, for they change while a process runs. */
export class KeyFiles {
  readonly #folder: string
  readonly #failed: (file: string, error: unknown) => void
  readonly #watched = new Map<string, Watched>()
  readonly #told = new Set<string>()

  /** @param failed a file cannot be used any more, told once until it can: what it said before still holds */
  constructor(folder: string, failed: (file: string, error: unknown) => void) {
    this.#folder = folder
    this.#failed = failed
  }

  /** @throws RecadoError `bad_option` when the file is needed and missing, or says nothing that can be used */
  use(file: string, { needed }: { needed: boolean }, take: (text: string) => void): void {
    try {
      const text = this.#read(file, needed)
      take(text)
      this.#watched.set(file, { text, take, needed })
    } catch (cause) {
      const why = (cause as { code?: unknown }).code === 'ENOENT' ? 'is missing' : (cause as Error).message
      const what = `KEYS_DIR is "${this.#folder}", but its ${file}: ${why}; make keys with recado keys make`
      throw new RecadoError('bad_option', what, { cause })
    }
  }

  /** Reads all again; whether any says something else. */
  look(): boolean {
    let changed = false
    for (const [file, watched] of this.#watched) {
      try {
        const text = this.#read(file, watched.needed)
        if (text === watched.text) {
          this.#told.delete(file)
          continue
        }
        watched.take(text)
        watched.text = text
        this.#told.delete(file)
        changed = true
      } catch (error) {
        if (!this.#told.has(file)) this.#failed(file, error)
        this.#told.add(file)
      }
    }
    return changed
  }

  #read(file: string, needed: boolean): string {
    const path = join(this.#folder, file)
    return needed || existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
}
