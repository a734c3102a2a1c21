import type { StreamKey } from '../wire/index.ts'

/** What an acknowledgement means: on this server's disk, on a majority's disks, on every voter's disk. */
export const LEVELS = ['one', 'quorum', 'all'] as const
export type Level = (typeof LEVELS)[number]

/** Who waits. */
export interface Waiting {
  readonly seq: number
  /** Monotonic ms. */
  readonly deadline: number
  done(held: boolean): void
}

/** Those who wait until an operation is held as their level asks, or their deadline passes. */
export class Acknowledgements {
  readonly #waiting: Readonly<Record<Level, Map<StreamKey, Waiting[]>>> = {
    one: new Map(),
    quorum: new Map(),
    all: new Map(),
  }

  /** How many wait. */
  size = 0

  wait(stream: StreamKey, level: Level, waiting: Waiting): void {
    let queue = this.#waiting[level].get(stream)
    if (queue === undefined) {
      queue = []
      this.#waiting[level].set(stream, queue)
    }
    let at = queue.length
    while (at > 0 && (queue[at - 1] as Waiting).seq > waiting.seq) at--
    if (at === queue.length) queue.push(waiting)
    else queue.splice(at, 0, waiting)
    this.size++
  }

  /** All of the stream up to `seq` is held as this level asks. */
  reached(level: Level, stream: StreamKey, seq: number): void {
    const queue = this.#waiting[level].get(stream)
    if (queue === undefined) return
    let count = 0
    while (count < queue.length && (queue[count] as Waiting).seq <= seq) count++
    if (count === 0) return
    const reached = queue.splice(0, count)
    if (queue.length === 0) this.#waiting[level].delete(stream)
    this.size -= count
    for (const waiting of reached) waiting.done(true)
  }

  /** The streams for which somebody waits at this level. */
  streams(level: Level): Iterable<StreamKey> {
    return this.#waiting[level].keys()
  }

  /** Ends the waiting of those whose deadline has passed. */
  expire(now: number): void {
    for (const level of LEVELS) {
      for (const [stream, queue] of this.#waiting[level])
        this.#expireIn(this.#waiting[level], stream, queue, now)
    }
  }

  #expireIn(
    streams: Map<StreamKey, Waiting[]>,
    stream: StreamKey,
    queue: readonly Waiting[],
    now: number,
  ): void {
    if (!queue.some((waiting) => waiting.deadline <= now)) return
    const kept = queue.filter((waiting) => waiting.deadline > now)
    if (kept.length === 0) streams.delete(stream)
    else streams.set(stream, kept)
    this.size -= queue.length - kept.length
    for (const waiting of queue) if (waiting.deadline <= now) waiting.done(false)
  }
}
