import { majorityOf, type ReadonlyVector, type StreamKey, type Vector } from '../wire/index.ts'
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

  /** What is known to be on a majority's disks, and is on this one. */
  visible(durable: ReadonlyVector): Vector {
    const visible: Vector = new Map()
    for (const [stream, seq] of this.#committed) {
      const here = Math.min(seq, durable.get(stream) ?? 0)
      if (here > 0) visible.set(stream, here)
    }
    return visible
  }

  /** Looks at these streams again; what changed. */
  update(streams: Iterable<StreamKey>): Vector {
    const changes: Vector = new Map()
    const counting = this.#counting()
    const lists = this.#voting.lists.map((list) => ({
      voters: counting.filter(({ name }) => list.includes(name)),
      majority: majorityOf(list),
    }))
    if (lists.length === 0 || lists.some(({ voters, majority }) => voters.length < majority)) return changes
    for (const stream of streams) {
      let seq = Number.POSITIVE_INFINITY
      for (const { voters, majority } of lists) seq = Math.min(seq, heldByMost(voters, stream, majority))
      if (seq <= (this.#committed.get(stream) ?? 0)) continue
      this.#committed.set(stream, seq)
      changes.set(stream, seq)
    }
    return changes
  }

  /** The last `seq` of a stream that every voter has on its disk; 0 while one does not count. */
  everywhere(stream: StreamKey): number {
    const voters = this.#counting().filter((each) => this.#voting.names.includes(each.name))
    if (voters.length === 0 || voters.length < this.#voting.names.length) return 0
    return Math.min(...voters.map((voter) => voter.durable.get(stream) ?? 0))
  }
}

/** The last `seq` of a stream that `majority` of these have on their disks. */
function heldByMost(voters: readonly Counting[], stream: StreamKey, majority: number): number {
  const seqs: number[] = []
  for (const { durable } of voters) seqs.push(durable.get(stream) ?? 0)
  seqs.sort((a, b) => b - a)
  return seqs[majority - 1] ?? 0
}
