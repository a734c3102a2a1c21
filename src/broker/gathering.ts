import type { Time, Timers } from '../ports/index.ts'
import type { Connection } from './queue.ts'

/** How long bodies are gathered at most; less when no more come, for then the sender waits for answers. */
const GATHER_MS = 25
const LOOK_MS = 5
/** How long after a connection last sent in bulk its bodies are gathered. */
const LASTING_MS = 200

export interface GatheringOptions {
  readonly time: Time
  readonly timers: Timers
  /** Gives these connections' bodies to their servers, as far as those take them. */
  readonly give: (connections: readonly Connection[]) => void
}

interface Held {
  /** Monotonic ms. */
  readonly since: number
  /** Bodies that waited when it was looked at last. */
  bodies: number
}

/**
 * Connections that send in bulk beside others: their bodies go to a server some at a time. As they come, a few at a time,
 * they would cost all servers hundreds of batches a second, each with its flush and its answers, and others would wait behind those.
 */
export class Gathering {
  readonly #options: GatheringOptions
  readonly #held = new Map<Connection, Held>()
  #isGiving = false

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  /** This connection sends in bulk. `now`: monotonic ms. */
  begin(connection: Connection, now: number): void {
    connection.gatheredUntil = now + LASTING_MS
  }

  /** Whether what waits of this connection is to wait on; it is given before long. */
  holds(connection: Connection): boolean {
    if (this.#isGiving || connection.gatheredUntil === 0) return false
    const now = this.#options.time.monotonic()
    if (now >= connection.gatheredUntil) return false
    if (this.#held.size === 0) this.#lookLater()
    if (!this.#held.has(connection)) this.#held.set(connection, { since: now, bodies: 0 })
    return true
  }

  #lookLater(): void {
    this.#options.timers.after(LOOK_MS, () => this.#look())
  }

  #look(): void {
    const now = this.#options.time.monotonic()
    const due: Connection[] = []
    for (const [connection, held] of this.#held) {
      const bodies = connection.waiting.length
      if (now - held.since < GATHER_MS && bodies !== held.bodies) held.bodies = bodies
      else due.push(connection)
    }
    for (const connection of due) this.#held.delete(connection)
    if (this.#held.size > 0) this.#lookLater()
    this.#isGiving = true
    this.#options.give(due)
    this.#isGiving = false
  }
}
