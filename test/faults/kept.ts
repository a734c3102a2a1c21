import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Outcome } from './run.ts'
import type { Conditions } from './scenario.ts'

/** Outcomes in a file, one JSON object a line: what a run that was cut short has done already. */
export class Kept {
  readonly #path: string | undefined
  readonly #conditions: Conditions
  readonly #outcomes = new Map<string, Outcome>()

  /** Keeps nothing without a path. */
  constructor(path: string | undefined, conditions: Conditions) {
    this.#path = path
    this.#conditions = conditions
    if (path === undefined) return
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
      if (line === '') continue
      const kept = JSON.parse(line) as Conditions & { outcome: Outcome }
      if (kept.seed !== conditions.seed) throw new RangeError(`${path} is of a run with --seed ${kept.seed}`)
      if (kept.secured !== conditions.secured)
        throw new RangeError(`${path} is of a run ${kept.secured ? 'with' : 'without'} --secured`)
      this.#outcomes.set(kept.outcome.name, kept.outcome)
    }
  }

  get(name: string): Outcome | undefined {
    return this.#outcomes.get(name)
  }

  add(outcome: Outcome): void {
    if (this.#path !== undefined) {
      appendFileSync(this.#path, `${JSON.stringify({ ...this.#conditions, outcome })}\n`)
    }
  }
}
