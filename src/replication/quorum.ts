import type { ReadonlyVector, StreamKey, Vector } from '../wire/index.ts'
import type { Voting } from './voting.ts'

/** A voter that counts for majorities: it has caught up. */
export interface Counting {
  readonly name: string
  readonly durable: ReadonlyVector
}

/** What is on the disks of a majority of the voters. Grows only: what was there once stays there. */
export class Quorum {
  readonly #voting: Voting
  readonly #counting: () => readonly Counting[]
  readonly #committed: Vector = new Map()

  constructor(voting: Voting, counting: () => readonly Counting[]) {
    this.#voting = voting
    this.#counting = counting
  }

  get committed(): ReadonlyVector {
    return this.#committed
  }

  /** Looks at these streams again; what changed. */
  update(streams: Iterable<StreamKey>): Vector {
    const changes: Vector = new Map()
    const voters = this.#counting().filter((each) => this.#voting.has(each.name))
    const majority = this.#voting.majority
    if (voters.length < majority) return changes
    for (const stream of streams) {
      const seqs = voters.map((voter) => voter.durable.get(stream) ?? 0).toSorted((a, b) => b - a)
      const seq = seqs[majority - 1] as number
      if (seq <= (this.#committed.get(stream) ?? 0)) continue
      this.#committed.set(stream, seq)
      changes.set(stream, seq)
    }
    return changes
  }

  /** The last `seq` of a stream that every voter has on its disk; 0 while one does not count. */
  everywhere(stream: StreamKey): number {
    const voters = this.#counting().filter((each) => this.#voting.has(each.name))
    if (voters.length === 0 || voters.length < this.#voting.names.length) return 0
    return Math.min(...voters.map((voter) => voter.durable.get(stream) ?? 0))
  }
}
