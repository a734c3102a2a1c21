import type { Chance } from '../../../src/ports/index.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

const TURN = Promise.resolve()
/** More than the longest chain of promises between two answers of the API server. */
const TURNS = 120

/** Virtual time and chance of one run, and what was found wrong in it. */
export class World {
  readonly time = new VirtualTime()
  readonly chance: Chance
  readonly findings: string[] = []
  readonly trace: string[] = []

  constructor(seed: number) {
    this.chance = seededChance(seed)
  }

  between(min: number, max: number): number {
    return min + this.chance.next() * (max - min)
  }

  odds(probability: number): boolean {
    return this.chance.next() < probability
  }

  pick<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.chance.next() * values.length)]
  }

  later(minMs: number, maxMs: number, run: () => void): void {
    this.time.schedule(this.between(minMs, maxMs), run)
  }

  tell(text: string): void {
    this.trace.push(`${(this.time.now / 1000).toFixed(2)} ${text}`)
  }

  expect(holds: boolean, finding: string): void {
    if (holds) return
    this.findings.push(`${(this.time.now / 1000).toFixed(2)} ${finding}`)
    this.tell(`FOUND: ${finding}`)
  }

  async run(ms: number): Promise<void> {
    const until = this.time.now + ms
    while (this.time.step(until)) {
      if (!this.time.promises) continue
      this.time.promises = false
      for (let turn = 0; turn < TURNS; turn++) await TURN
    }
    this.time.run(until - this.time.now)
  }
}
