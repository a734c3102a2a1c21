import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Result } from './table.ts'

/** Results in a file, one JSON object a line: what a run that was cut short has done already. */
export class Kept {
  readonly #path: string | undefined
  readonly #mode: string | undefined
  readonly #results = new Map<string, Result>()

  /** Keeps nothing without a path; has only what was done in the same mode. */
  constructor(path: string | undefined, mode: string | undefined) {
    this.#path = path
    this.#mode = mode
    if (path === undefined || !existsSync(path)) return
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue
      const result = JSON.parse(line) as Result
      if (result.mode === this.#mode) this.#results.set(result.name, result)
    }
  }

  /** What kept its promises; what did not is run again. */
  get(name: string): Result | undefined {
    const result = this.#results.get(name)
    return result?.findings?.broken.length === 0 ? result : undefined
  }

  add(result: Result): void {
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(result)}\n`)
  }
}
