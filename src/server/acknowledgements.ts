import type { StreamKey } from '../wire/index.ts'

/** What an acknowledgement means: on this server's disk, on a majority's disks, on every voter's disk. */
export const LEVELS = ['one', 'quorum', 'all'] as const
export type Level = (typeof LEVELS)[number]

interface Waiting {
  readonly seq: number
  /** Monotonic ms. */
  readonly deadline: number
  readonly done: (held: boolean) => void
}

/** Those who wait until an operation is held as their level asks, or their deadline passes. */
export class Acknowledgements {
  readonly #waiting = new Map<string, Waiting[]>()

  /** How many wait. */
  size = 0

  wait(stream: StreamKey, seq: number, level: Level, deadline: number, done: (held: boolean) => void): void {
    const key = `${level} ${stream}`
    let queue = this.#waiting.get(key)
    if (queue === undefined) {
      queue = []
      this.#waiting.set(key, queue)
    }
    let at = queue.length
    while (at > 0 && (queue[at - 1] as Waiting).seq > seq) at--
    queue.splice(at, 0, { seq, deadline, done })
    this.size++
  }

  /** All of the stream up to `seq` is held as this level asks. */
  reached(level: Level, stream: StreamKey, seq: number): void {
    const key = `${level} ${stream}`
    const queue = this.#waiting.get(key)
    if (queue === undefined) return
    let count = 0
    while (count < queue.length && (queue[count] as Waiting).seq <= seq) count++
    if (count === 0) return
    const reached = queue.splice(0, count)
    if (queue.length === 0) this.#waiting.delete(key)
    this.size -= count
    for (const waiting of reached) waiting.done(true)
  }

  /** The streams for which somebody waits at this level. */
  streams(level: Level): StreamKey[] {
    const prefix = `${level} `
    return [...this.#waiting.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
  }

  /** Ends the waiting of those whose deadline has passed. */
  expire(now: number): void {
    for (const [key, queue] of this.#waiting) {
      if (!queue.some((waiting) => waiting.deadline <= now)) continue
      const kept = queue.filter((waiting) => waiting.deadline > now)
      if (kept.length === 0) this.#waiting.delete(key)
      else this.#waiting.set(key, kept)
      this.size -= queue.length - kept.length
      for (const waiting of queue) if (waiting.deadline <= now) waiting.done(false)
    }
  }
}
