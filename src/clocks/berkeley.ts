import type { Cancel, Log, Metrics, Time, Timers } from '../ports/index.ts'
import type { TimeAnswer, TimeCorrection, TimePoll } from '../wire/index.ts'
import type { CorrectedTime } from './corrected.ts'

/** Polls of each server in one round, and the time between them: the answer with the least delay counts. */
const POLLS = 4
const POLL_INTERVAL_MS = 30
/** When a round ends, after its last poll. */
const ROUND_END_MS = 150
/** A clock further than this from the median is corrected, but has no say in what the time is. */
const WINDOW_MS = 500
/** Clocks that were this near to each other in the last rounds of the same servers may wait: one round of so many is held. */
const STEADY_MS = 1
const STEADY_ROUNDS = 3
const SELDOM = 5

export interface BerkeleyOptions {
  readonly time: Time
  readonly timers: Timers
  readonly corrected: CorrectedTime
  readonly intervalMs: number
  readonly isCoordinator: () => boolean
  /** Whose corrections count. */
  readonly coordinator: () => string
  readonly livePeers: () => readonly { readonly name: string; readonly incarnation: number }[]
  readonly send: (peer: string, message: object) => void
  readonly log: Log
  readonly metrics: Metrics
}

interface Sample {
  readonly roundTripMs: number
  readonly offsetMs: number
}

/**
 * Berkeley's algorithm (Gusella and Zatti 1989): the coordinator asks all for their time, allows for the way, averages
 * those that agree, and tells each its own correction.
 */
export class Berkeley {
  readonly #options: BerkeleyOptions
  #round = 0
  #samples = new Map<string, Sample>()
  #cancel: Cancel = () => {}
  #lastCorrectionMs = 0
  /** Whom the last rounds asked, how many of them found nothing to correct, and rounds left out since. */
  #asked = ''
  #steady = 0
  #leftOut = 0

  constructor(options: BerkeleyOptions) {
    this.#options = options
  }

  start(): void {
    this.#cancel = this.#options.timers.every(this.#options.intervalMs, () => {
      if (this.#options.isCoordinator() && this.#isDue()) this.#begin()
    })
  }

  stop(): void {
    this.#cancel()
  }

  status(): { readonly round: number; readonly offsetMs: number; readonly correctionMs: number } {
    return {
      round: this.#round,
      offsetMs: this.#options.corrected.offset,
      correctionMs: this.#lastCorrectionMs,
    }
  }

  receive(peer: string, message: TimePoll | TimeAnswer | TimeCorrection): void {
    const { corrected } = this.#options
    switch (message.kind) {
      case 'time-poll': {
        const { round, sent } = message
        this.#options.send(peer, { kind: 'time-answer', round, sent, time: corrected.precise() })
        return
      }
      case 'time-answer':
        if (message.round === this.#round) this.#sample(peer, message)
        return
      case 'time-correction':
        if (peer !== this.#options.coordinator()) return
        this.#round = Math.max(this.#round, message.round)
        this.#correct(message.correction)
    }
  }

  /** A server that has just come, or comes back as another process, may have any time. */
  #isDue(): boolean {
    const lives = this.#options.livePeers().map(({ name, incarnation }) => `${name}/${incarnation}`)
    const asked = lives.toSorted().join(' ')
    if (asked !== this.#asked) this.#steady = 0
    this.#asked = asked
    if (this.#steady >= STEADY_ROUNDS && this.#leftOut < SELDOM - 1) {
      this.#leftOut++
      return false
    }
    this.#leftOut = 0
    return true
  }

  #begin(): void {
    const { timers } = this.#options
    this.#round++
    this.#samples = new Map()
    for (let poll = 0; poll < POLLS; poll++) timers.after(poll * POLL_INTERVAL_MS, () => this.#poll())
    timers.after((POLLS - 1) * POLL_INTERVAL_MS + ROUND_END_MS, () => this.#end())
  }

  #poll(): void {
    const { livePeers, send, time } = this.#options
    for (const { name } of livePeers()) {
      send(name, { kind: 'time-poll', round: this.#round, sent: time.monotonic() })
    }
  }

  #sample(peer: string, answer: TimeAnswer): void {
    const { time, corrected } = this.#options
    const roundTripMs = time.monotonic() - answer.sent
    if (roundTripMs < 0) return
    const best = this.#samples.get(peer)
    if (best !== undefined && best.roundTripMs <= roundTripMs) return
    this.#samples.set(peer, {
      roundTripMs,
      offsetMs: answer.time + roundTripMs / 2 - corrected.precise(),
    })
  }

  #end(): void {
    const { send, log, metrics, livePeers } = this.#options
    this.#steady++
    if (this.#samples.size !== livePeers().length) this.#steady = 0
    if (this.#samples.size === 0) return
    const offsets = [0, ...[...this.#samples.values()].map(({ offsetMs }) => offsetMs)]
    const average = averageOfAgreeing(offsets)
    if (offsets.some((offset) => Math.abs(average - offset) >= STEADY_MS)) this.#steady = 0
    for (const [peer, { offsetMs }] of this.#samples) {
      send(peer, { kind: 'time-correction', round: this.#round, correction: average - offsetMs })
    }
    this.#correct(average)
    metrics.add('recado_clock_rounds_total')
    log.debug(
      {
        round: this.#round,
        offsets_ms: Object.fromEntries([...this.#samples].map(([peer, { offsetMs }]) => [peer, offsetMs])),
        average_ms: average,
      },
      'Synchronised the clocks',
    )
  }

  #correct(ms: number): void {
    const { corrected, metrics, log } = this.#options
    this.#lastCorrectionMs = ms
    corrected.correctBy(ms)
    metrics.set('recado_clock_correction_seconds', ms / 1000)
    metrics.set('recado_clock_offset_seconds', corrected.offset / 1000)
    if (Math.abs(ms) > 50) log.info({ round: this.#round, correction_ms: ms }, 'Corrects its clock')
  }
}

/** The mean of those within the window around the median. */
export function averageOfAgreeing(offsets: readonly number[]): number {
  const sorted = offsets.toSorted((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)] as number
  const agreeing = sorted.filter((offset) => Math.abs(offset - median) <= WINDOW_MS)
  return agreeing.reduce((sum, offset) => sum + offset, 0) / agreeing.length
}
