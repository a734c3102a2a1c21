import { Ticker, type Timers } from '../ports/index.ts'

/** Between two looks at what is due, and two whole heads: while anything is unsettled, and at most while all is quiet. */
const [TICK_MS, QUIET_TICK_MS] = [50, 500]
const [WHOLE_MS, QUIET_WHOLE_MS] = [250, 500]
/** How many of them a heartbeat timeout has room for, at least. */
const [TICKS, WHOLES] = [6, 6]

export interface PaceOptions {
  readonly timers: Timers
  readonly heartbeatTimeoutMs: number
  /** Does what is due. */
  readonly tick: () => void
  /** Whether nothing waits for time to pass. */
  readonly isQuiet: () => boolean
}

/** How often a server looks whether something is due, and tells its peers everything. */
export class Pace {
  readonly #ticker: Ticker
  readonly #quietTickMs: number
  readonly #quietWholeMs: number
  #isQuiet = false
  #wholeAt = Number.NEGATIVE_INFINITY

  constructor({ timers, heartbeatTimeoutMs, tick, isQuiet }: PaceOptions) {
    this.#quietTickMs = Math.max(TICK_MS, Math.min(heartbeatTimeoutMs / TICKS, QUIET_TICK_MS))
    this.#quietWholeMs = Math.max(WHOLE_MS, Math.min(heartbeatTimeoutMs / WHOLES, QUIET_WHOLE_MS))
    const run = (): boolean => {
      tick()
      this.#isQuiet = isQuiet()
      return !this.#isQuiet
    }
    this.#ticker = new Ticker({ timers, busyMs: TICK_MS, idleMs: this.#quietTickMs, tick: run })
  }

  start(): void {
    this.#ticker.start()
  }

  stop(): void {
    this.#ticker.stop()
  }

  /** Whole heads were sent to all. `now`, here and below: monotonic ms. */
  wholeSent(now: number): void {
    this.#wholeAt = now
  }

  /** Half a tick early rather than a whole one late. */
  isWholeDue(now: number): boolean {
    return now - this.#wholeAt >= (this.#isQuiet ? this.#quietWholeMs - this.#quietTickMs / 2 : WHOLE_MS)
  }
}
