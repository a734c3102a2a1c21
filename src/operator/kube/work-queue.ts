import type { Cancel, Chance, Log, Metrics, Time, Timers } from '../../ports/index.ts'
import { BackOff } from './back-off.ts'

export interface WorkQueueOptions {
  /**
   * Works on one key; resolves with the ms after which it is due again, if any. A rejection is tried again, after its
   * `againAfterMs` where that is sooner.
   */
  readonly work: (key: string) => Promise<number | undefined>
  /** Keys worked on at once. */
  readonly concurrency: number
  /** Work that takes longer is stuck: told once, and its key stays taken. */
  readonly deadlineMs: number
  readonly stuck: (key: string) => void
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
}

interface Entry {
  /** When it is to be worked on, in monotonic ms; none while nothing is to be done. */
  dueAt: number | undefined
  isWorking: boolean
  readonly wait: BackOff
  /** After a failure, what happens meanwhile does not make it due before. */
  notBefore: number
}

/** What comes within this time is one piece of work: a change of one thing is often told by many watches. */
const SETTLE_MS = 20
const WAIT = { minMs: 500, maxMs: 60_000 }
/** A key that fails is tried again at news, but not more often than this. */
const FAILED_MS = 1000
/** Nor is the rest of what fails again and again looked at more often than this. */
const FAILING_MS = 8000
const FAILURES_MANY = 5

/**
 * Works on keys: on each as often as something happened to it, but never twice at once, and on a bounded number of
 * them at a time. The keys are bounded by what they name.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #entries = new Map<string, Entry>()
  readonly #idle = new Set<() => void>()
  #working = 0
  #isHeld = true
  #cancel: Cancel = () => {}

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  /** Something happened to it. */
  add(key: string): void {
    this.addAfter(key, SETTLE_MS)
  }

  /** To be worked on in so many ms, or sooner if it was due sooner. */
  addAfter(key: string, ms: number): void {
    const entry = this.#entry(key)
    const dueAt = Math.max(this.#options.time.monotonic() + ms, entry.notBefore)
    if (entry.dueAt !== undefined && entry.dueAt <= dueAt) return
    entry.dueAt = dueAt
    this.#plan()
  }

  /** Begins no work until `resume`; so it is at first. */
  hold(): void {
    this.#isHeld = true
    this.#plan()
  }

  resume(): void {
    this.#isHeld = false
    this.#plan()
  }

  /** Forgets all that waits. Resolves when nothing is worked on any more. */
  async clear(): Promise<void> {
    this.#forget()
    if (this.#working === 0) return
    await new Promise<void>((resolve) => this.#idle.add(resolve))
    // What failed meanwhile wanted to be tried again.
    this.#forget()
  }

  #forget(): void {
    for (const [key, entry] of this.#entries) {
      entry.dueAt = undefined
      if (!entry.isWorking) this.#entries.delete(key)
    }
    this.#plan()
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      const wait = new BackOff({ ...WAIT, chance: this.#options.chance })
      entry = { dueAt: undefined, isWorking: false, wait, notBefore: 0 }
      this.#entries.set(key, entry)
    }
    return entry
  }

  /** Begins what is due and can be begun, and sees to it that the next is. */
  #plan(): void {
    const { time, timers, metrics, concurrency } = this.#options
    this.#cancel()
    this.#cancel = () => {}
    const now = time.monotonic()
    const waiting = [...this.#entries].filter(([, entry]) => !entry.isWorking && entry.dueAt !== undefined)
    const due = waiting
      .filter(([, entry]) => timeOf(entry) <= now)
      .toSorted(([, a], [, b]) => timeOf(a) - timeOf(b))
    const free = this.#isHeld ? 0 : concurrency - this.#working
    for (const [key, entry] of due.slice(0, free)) void this.#work(key, entry)
    const next = Math.min(...waiting.map(([, entry]) => timeOf(entry)).filter((at) => at > now))
    if (Number.isFinite(next)) this.#cancel = timers.after(next - now, () => this.#plan())
    metrics.set('recado_operator_queue_depth', Math.max(0, due.length - free) + this.#working)
  }

  async #work(key: string, entry: Entry): Promise<void> {
    const { work, timers, deadlineMs, stuck } = this.#options
    entry.dueAt = undefined
    entry.isWorking = true
    this.#working += 1
    const cancel = timers.after(deadlineMs, () => stuck(key))
    try {
      // What it does must not happen within the call of whoever added the key.
      await Promise.resolve()
      this.#succeeded(key, entry, await work(key))
    } catch (error) {
      this.#failed(key, entry, error)
    }
    cancel()
    entry.isWorking = false
    this.#working -= 1
    if (entry.dueAt === undefined && entry.wait.failures === 0) this.#entries.delete(key)
    if (this.#working === 0) this.#becomeIdle()
    this.#plan()
  }

  #succeeded(key: string, entry: Entry, againAfterMs: number | undefined): void {
    entry.wait.reset()
    entry.notBefore = 0
    if (againAfterMs !== undefined) this.addAfter(key, againAfterMs)
  }

  #failed(key: string, entry: Entry, error: unknown): void {
    const { time, log } = this.#options
    const waitMs = entry.wait.next((error as { retryAfterMs?: number } | undefined)?.retryAfterMs)
    const now = time.monotonic()
    entry.notBefore = now + Math.min(waitMs, FAILED_MS)
    // What happened while it was worked on was not the last word either.
    const { againAfterMs = waitMs } = (error ?? {}) as { againAfterMs?: number }
    const least = entry.wait.failures > FAILURES_MANY ? FAILING_MS : 0
    const wanted = Math.min(entry.dueAt ?? Number.POSITIVE_INFINITY, now + Math.max(againAfterMs, least))
    entry.dueAt = Math.min(Math.max(wanted, entry.notBefore), now + waitMs)
    const failures = entry.wait.failures
    log.warn({ key, failures, wait_ms: Math.round(waitMs), err: error }, 'Work failed and is tried again')
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle) resolve()
    this.#idle.clear()
  }
}

function timeOf(entry: Entry): number {
  return entry.dueAt ?? Number.POSITIVE_INFINITY
}
