import type { Files, Log } from '../ports/index.ts'

/** A file that stands beside the others after the disk failed: it may lack what was called durable. */
const DOUBT = 'DOUBT'

/** Whether this disk may lack what was called durable, remembered where its store need not work. */
export class Doubt {
  readonly #files: Files
  readonly #log: Log
  #present: boolean

  constructor({ files, log }: { readonly files: Files; readonly log: Log }) {
    this.#files = files
    this.#log = log
    this.#present = files.size(DOUBT) !== undefined
  }

  get present(): boolean {
    return this.#present
  }

  mark(): void {
    try {
      this.#files.append(DOUBT, Buffer.from('The disk failed: it may lack what was called durable\n'))
      this.#present = true
    } catch (error) {
      this.#log.error({ err: error }, 'Cannot mark the disk as in doubt')
    }
  }

  /** The others have filled it. */
  end(): void {
    this.#files.remove(DOUBT)
    this.#present = false
  }
}
