import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecadoError } from '../../wire/index.ts'

interface Watched {
  /** Otherwise a missing file is as an empty one. */
  readonly needed: boolean
  /** Undefined while it could not be used yet. */
  text: string | undefined
  /** Takes what stands in the file now. @throws Error when it cannot be used */
  readonly take: (text: string) => void
}

/** What a reading of all files came to. */
export interface Look {
  /** Some say something else than before. */
  readonly changed: boolean
  /** All could be used. */
  readonly whole: boolean
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

  /** As `use`, but nobody needs what it says: one that cannot be used is told like one that breaks later. */
  follow(file: string, take: (text: string) => void): void {
    const watched = { needed: false, text: undefined, take }
    this.#watched.set(file, watched)
    this.#renew(file, watched)
  }

  /** Reads all again, in the order in which they were first used. */
  look(): Look {
    const results = new Set([...this.#watched].map(([file, watched]) => this.#renew(file, watched)))
    return { changed: results.has('changed'), whole: !results.has('failed') }
  }

  #renew(file: string, watched: Watched): 'same' | 'changed' | 'failed' {
    try {
      const text = this.#read(file, watched.needed)
      const result = text === watched.text ? 'same' : 'changed'
      if (result === 'changed') watched.take(text)
      watched.text = text
      this.#told.delete(file)
      return result
    } catch (error) {
      if (!this.#told.has(file)) this.#failed(file, error)
      this.#told.add(file)
      return 'failed'
    }
  }

  #read(file: string, needed: boolean): string {
    const path = join(this.#folder, file)
    return needed || existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
}
