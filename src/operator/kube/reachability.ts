import type { Cancel, Chance, Log, Time, Timers } from '../../ports/index.ts'
import { BackOff } from './back-off.ts'
import type { Requests } from './requests.ts'

export interface ReachabilityOptions {
  readonly requests: Requests
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
}

const WAIT = { minMs: 250, maxMs: 2000 }
const DEADLINE_MS = 5000

/** While the API server does not answer, one question at a time asks for it, however many watches wait. */
export class Reachability {
  readonly #options: ReachabilityOptions
  readonly #wait: BackOff
  readonly #waiting = new Set<() => void>()
  #lostAt: number | undefined
  #cancel: Cancel = () => {}
  #isStopped = false

  constructor(options: ReachabilityOptions) {
    this.#options = options
    this.#wait = new BackOff({ ...WAIT, chance: options.chance })
  }

  /** Calls back once, when the API server answers again. Whoever waits had no answer. */
  whenBack(callback: () => void): Cancel {
    this.#waiting.add(callback)
    if (this.#lostAt === undefined) {
      this.#lostAt = this.#options.time.monotonic()
      this.#askAfter(this.#wait.next())
    }
    return () => {
      this.#waiting.delete(callback)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#waiting.clear()
    this.#cancel()
  }

  #askAfter(ms: number): void {
    if (this.#isStopped) return
    this.#cancel = this.#options.timers.after(ms, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    const { requests, time, log } = this.#options
    try {
      const request = { method: 'GET', path: '/readyz', deadlineMs: DEADLINE_MS } as const
      const { status } = await requests.send('ready', request)
      // One that answers without letting us ask this answers all the same.
      if (status >= 500 || status === 429) return this.#askAfter(this.#wait.next())
    } catch {
      return this.#askAfter(this.#wait.next())
    }
    const lostMs = Math.round(time.monotonic() - (this.#lostAt ?? 0))
    log.info({ lost_ms: lostMs }, 'The API server answers again')
    this.#lostAt = undefined
    this.#wait.reset()
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }
}
