import type { Cancel, Timers } from './time.ts'

export interface TickerOptions {
  readonly timers: Timers
  /** Between two ticks in ms, while something waits for the time to pass. */
  readonly busyMs: number
  /** And while nothing does. */
  readonly idleMs: number
  /** Whether something waits still, that may be due before the next idle tick. */
  readonly tick: () => boolean
}

/** Looks again and again whether something is due: often while something waits, and seldom while nothing does. */
export class Ticker {
  readonly #options: TickerOptions
  #cancel: Cancel | undefined
  #isBusy = false

  constructor(options: TickerOptions) {
    this.#options = options
  }

  /** Begins with busy ticks. */
  start(): void {
    this.#go(true)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Between two ticks now, in ms. */
  get periodMs(): number {
    const { busyMs, idleMs } = this.#options
    return this.#isBusy ? busyMs : idleMs
  }

  /** Something waits now. Costs next to nothing while ticks are busy. */
  hurry(): void {
    if (!this.#isBusy && this.#cancel !== undefined) this.#go(true)
  }

  #go(isBusy: boolean): void {
    const { timers, busyMs, idleMs } = this.#options
    this.#isBusy = isBusy
    this.#cancel?.()
    this.#cancel = timers.every(isBusy ? busyMs : idleMs, () => this.#run())
  }

  #run(): void {
    const isBusy = this.#options.tick()
    if (isBusy !== this.#isBusy && this.#cancel !== undefined) this.#go(isBusy)
  }
}
