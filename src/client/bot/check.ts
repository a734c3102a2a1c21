import { type Publication, streamKey, type Vector } from '../../wire/index.ts'
import { read, type Said } from './message.ts'

/** How long a message that was acknowledged may take to come. */
const PATIENCE_MS = 60_000
const EXPECTED_MAX = 10_000
const RUNS_MAX = 256
/** Counts of a run that are known to have come. */
const COUNTS_MAX = 2048

export type Finding = 'order' | 'duplicate' | 'missing' | 'altered'

interface Run {
  readonly came: Set<number>
  /** The first count that this checker could have received. */
  readonly first: number
}

/**
 * Checks one topic's messages as they come: in order within a stream, each once, unaltered, and every one that its
 * sender knows to be acknowledged.
 */
export class Check {
  readonly #topic: string
  readonly #found: (finding: Finding, fields: Readonly<Record<string, unknown>>) => void
  readonly #places: Vector = new Map()
  readonly #runs = new Map<string, Run>()
  /** What was acknowledged and has not come: until when it may. */
  readonly #expected = new Map<string, number>()

  constructor(topic: string, found: (finding: Finding, fields: Readonly<Record<string, unknown>>) => void) {
    this.#topic = topic
    this.#found = found
  }

  /** How many acknowledged messages are still to come. */
  get expected(): number {
    return this.#expected.size
  }

  received(publication: Publication, now: number): void {
    const { origin, incarnation, seq } = publication.operation
    const stream = streamKey(origin, incarnation)
    if (seq <= (this.#places.get(stream) ?? 0)) this.#found('order', { stream, seq })
    remember(this.#places, stream, seq, RUNS_MAX)
    const said = read(publication.message)
    if (said === undefined) return
    if (said === 'altered' || said.sender !== publication.user || said.topic !== this.#topic) {
      this.#found('altered', { stream, seq })
    } else this.#count(said, now)
  }

  /** This message of one's own was acknowledged, so it has to come. */
  acknowledged(said: Said, now: number): void {
    const run = this.#runs.get(runOf(said))
    if (run?.came.has(said.count) === true) return
    this.#expect(said, said.count, now)
  }

  /** Looks for what should have come by now. */
  review(now: number): void {
    for (const [key, until] of this.#expected) {
      if (now < until) continue
      this.#expected.delete(key)
      this.#found('missing', { message: key })
    }
  }

  #count(said: Said, now: number): void {
    const name = runOf(said)
    const run = this.#runs.get(name) ?? { came: new Set<number>(), first: said.count }
    remember(this.#runs, name, run, RUNS_MAX)
    if (run.came.has(said.count)) this.#found('duplicate', { sender: said.sender, count: said.count })
    run.came.add(said.count)
    if (run.came.size > COUNTS_MAX) {
      const [eldest] = run.came
      if (eldest !== undefined) run.came.delete(eldest)
    }
    this.#expected.delete(keyOf(said, said.count))
    const before = said.acknowledged
    const recent = before > said.count - COUNTS_MAX
    if (before >= run.first && recent && !run.came.has(before)) this.#expect(said, before, now)
  }

  #expect(said: Said, count: number, now: number): void {
    if (this.#expected.size >= EXPECTED_MAX) return
    const key = keyOf(said, count)
    if (!this.#expected.has(key)) this.#expected.set(key, now + PATIENCE_MS)
  }
}

/** Puts it at the end, and drops the first beyond `max`. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key)
  map.set(key, value)
  const [eldest] = map.keys()
  if (map.size > max && eldest !== undefined) map.delete(eldest)
}

function runOf({ sender, run }: Said): string {
  return `${sender}/${run}`
}

function keyOf(said: Said, count: number): string {
  return `${runOf(said)}/${count}`
}
