import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Outcome } from './run.ts'

/** Outcomes in a file, one JSON object a line: what a run that was cut short has done already. */
export class Kept {
  readonly #path: string | undefined
  readonly #seed: number
  readonly #outcomes = new Map<string, Outcome>()

  /** Keeps nothing without a path. */
  constructor(path: string | undefined, seed: number) {
    this.#path = path
    this.#seed = seed
    if (path === undefined) return
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
      if (line === '') continue
      const kept = JSON.parse(line) as { seed: number; outcome: Outcome }
      if (kept.seed !== seed) throw new RangeError(`${path} is of a run with --seed ${kept.seed}`)
      this.#outcomes.set(kept.outcome.name, kept.outcome)
    }
  }

  get(name: string): Outcome | undefined {
    return this.#outcomes.get(name)
  }

  add(outcome: Outcome): void {
    if (this.#path !== undefined) {
      appendFileSync(this.#path, `${JSON.stringify({ seed: this.#seed, outcome })}\n`)
    }
  }
}
