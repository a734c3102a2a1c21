import type { Registry } from './registry.ts'
import type { ServerLink } from './server-link.ts'

/** A server that says nothing for so long is taken for dead, or frozen: what it holds goes to another. */
const SILENCE_MS = 1500
/** One that says nothing for longer than a beat takes is late. */
const LATE_MS = SILENCE_MS / 2
/** A look that is so much too late comes from a process that stood still. */
const STOOD_MS = 500
const BEAT_MS = 1000
/** Looks are up to so far apart: a beat goes out half of that early rather than late. */
const LOOK_MS = 500
const ASKING_MS = 250

export interface LivenessOptions {
  readonly servers: Registry
  /** This one is silent. */
  readonly lose: (server: ServerLink) => void
  /** Tells this one that the broker lives. */
  readonly beat: (server: ServerLink) => void
}

/** Finds out which servers are silent, and tells all that this broker lives. */
export class Liveness {
  readonly #options: LivenessOptions
  #lookedAt = 0
  #beatAt = Number.NEGATIVE_INFINITY
  #askingAt = Number.NEGATIVE_INFINITY

  constructor(options: LivenessOptions) {
    this.#options = options
  }

  /** `now`, here and below: monotonic ms. */
  start(now: number): void {
    this.#lookedAt = now
  }

  /** To be called every `periodMs`, 500 at most, and more often while a server is late. Whether one is. */
  look(now: number, periodMs: number): boolean {
    const { servers, lose, beat } = this.#options
    // After this process itself stood still, nobody else may be taken for silent.
    const stood = now - this.#lookedAt > periodMs + STOOD_MS
    this.#lookedAt = now
    let isAnyLate = false
    for (const server of servers.all()) {
      if (stood) server.heardAt = now
      if (now - server.heardAt > SILENCE_MS) lose(server)
      else if (now - server.heardAt > LATE_MS) isAnyLate = true
    }
    if (now - this.#beatAt >= BEAT_MS - LOOK_MS / 2) {
      this.#beatAt = now
      for (const server of servers.all()) beat(server)
    }
    if (now - this.#askingAt >= ASKING_MS) {
      this.#askingAt = now
      for (const server of servers.all()) server.forgetAsking()
    }
    return isAnyLate
  }
}
