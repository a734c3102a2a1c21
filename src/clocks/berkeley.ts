import type { Cancel, Log, Metrics, Time, Timers } from '../ports/index.ts'
import type { TimeAnswer, TimeCorrection, TimePoll } from '../wire/index.ts'
import type { CorrectedTime } from './corrected.ts'

const POLLS = 5
const POLL_GAP_MS = 20
/** From the last poll of a round to its end: later answers are too uncertain to be of use. */
const ANSWER_MS = 250
/** Clocks farther than this from the median do not count for the mean. */
const OUTLIER_MS = 1000
/** Corrections beyond this are logged at info. */
const REMARKABLE_MS = 50

type Unsigned<Message> = Omit<Message, 'cluster' | 'from' | 'incarnation' | 'clock' | 'timestamp'>
export type TimeMessage = Unsigned<TimePoll> | Unsigned<TimeAnswer> | Unsigned<TimeCorrection>

export interface BerkeleyOptions {
  readonly time: Time
  readonly timers: Timers
  readonly corrected: CorrectedTime
  readonly intervalMs: number
  readonly isCoordinator: () => boolean
  /** The other servers that are heard. */
  readonly livePeers: () => readonly string[]
  /** Sends a message that the sender signs. */
  readonly send: (peer: string, message: TimeMessage) => void
  readonly log: Log
  readonly metrics: Metrics
}

export interface BerkeleyStatus {
  /** The last round led or followed. */
  readonly round: number
  /** Ms that each server was ahead of the mean in the last round that this server led. */
  readonly offsets: Readonly<Record<string, number>>
}

interface Round {
  readonly number: number
  /** Monotonic ms at which each poll was sent. */
  readonly sent: Set<number>
  readonly peers: ReadonlySet<string>
  /** The least delayed answer of each. */
  readonly best: Map<string, { roundTripMs: number; aheadMs: number }>
}

/** Berkeley's algorithm (Gusella and Zatti, 1989): the coordinator polls, averages and corrects all, itself too. */
export class Berkeley {
  readonly #options: BerkeleyOptions
  #cancel: Cancel = () => {}
  #cancelRound: Cancel = () => {}
  #number = 0
  #round: Round | undefined
  /** Whose poll was answered last: only that coordinator's correction counts, and once. */
  #polledBy: { peer: string; round: number } | undefined
  #offsets: Readonly<Record<string, number>> = {}

  constructor(options: BerkeleyOptions) {
    this.#options = options
  }

  start(): void {
    this.#cancel = this.#options.timers.every(this.#options.intervalMs, () => this.#begin())
  }

  stop(): void {
    this.#cancel()
    this.#cancelRound()
    this.#round = undefined
  }

  status(): BerkeleyStatus {
    return { round: this.#number, offsets: this.#offsets }
  }

  onMessage(peer: string, message: TimeMessage): void {
    if (message.kind === 'time-poll') return this.#polled(peer, message)
    if (message.kind === 'time-answer') return this.#answered(peer, message)
    const { round, correction } = message
    if (this.#polledBy?.peer !== peer || this.#polledBy.round !== round) return
    this.#polledBy = undefined
    this.#number = round
    this.#correct(correction)
  }

  #begin(): void {
    const { isCoordinator, livePeers } = this.#options
    this.#cancelRound()
    this.#round = undefined
    if (!isCoordinator()) return
    this.#number++
    this.#polledBy = undefined
    this.#round = { number: this.#number, sent: new Set(), peers: new Set(livePeers()), best: new Map() }
    this.#poll(this.#round)
  }

  #poll(round: Round): void {
    const { timers, time, send, intervalMs } = this.#options
    const sent = time.monotonic()
    round.sent.add(sent)
    for (const peer of round.peers) send(peer, { kind: 'time-poll', round: round.number, sent })
    // A round ends before the next begins, however short the interval.
    const gap = Math.min(POLL_GAP_MS, intervalMs / (POLLS * 4))
    const wait = Math.min(ANSWER_MS, intervalMs / 2)
    this.#cancelRound =
      round.sent.size < POLLS
        ? timers.after(gap, () => this.#poll(round))
        : timers.after(wait, () => this.#end(round))
  }

  #polled(peer: string, { round, sent }: Unsigned<TimePoll>): void {
    this.#polledBy = { peer, round }
    this.#options.send(peer, { kind: 'time-answer', round, sent, time: this.#options.corrected.target() })
  }

  #answered(peer: string, answer: Unsigned<TimeAnswer>): void {
    const round = this.#round
    if (round?.number !== answer.round || !round.peers.has(peer) || !round.sent.has(answer.sent)) return
    const roundTripMs = this.#options.time.monotonic() - answer.sent
    const best = round.best.get(peer)
    if (best !== undefined && best.roundTripMs <= roundTripMs) return
    // It read its clock about half a round trip ago.
    const aheadMs = answer.time - (this.#options.corrected.target() - roundTripMs / 2)
    round.best.set(peer, { roundTripMs, aheadMs })
  }

  #end(round: Round): void {
    const { isCoordinator, send, metrics, log } = this.#options
    this.#round = undefined
    if (!isCoordinator()) return
    const ahead = [...round.best.values()].map(({ aheadMs }) => aheadMs)
    const mean = meanWithoutOutliers([0, ...ahead])
    const offsets: Record<string, number> = {}
    for (const [peer, { aheadMs, roundTripMs }] of round.best) {
      offsets[peer] = aheadMs - mean
      metrics.observe('recado_clock_round_trip_seconds', roundTripMs / 1000)
      send(peer, { kind: 'time-correction', round: round.number, correction: mean - aheadMs })
    }
    this.#offsets = offsets
    metrics.add('recado_clock_sync_rounds_total')
    this.#correct(mean)
    const fields = {
      round: round.number,
      asked: round.peers.size,
      answered: round.best.size,
      offsets_ms: offsets,
    }
    const remarkable = Object.values(offsets).some((each) => Math.abs(each) > REMARKABLE_MS)
    log[remarkable ? 'info' : 'debug'](fields, 'Synchronised the time')
  }

  #correct(correction: number): void {
    const { corrected, metrics, log } = this.#options
    corrected.correctBy(correction)
    metrics.set('recado_clock_offset_seconds', -correction / 1000)
    const level = Math.abs(correction) > REMARKABLE_MS ? 'info' : 'debug'
    log[level]({ round: this.#number, correction_ms: correction }, 'Corrects its time')
  }
}

/** The mean of those near the median; the median itself where none is. */
function meanWithoutOutliers(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const high = sorted[Math.floor(sorted.length / 2)] as number
  const low = sorted[Math.floor((sorted.length - 1) / 2)] as number
  const median = (low + high) / 2
  const near = sorted.filter((each) => Math.abs(each - median) <= OUTLIER_MS)
  if (near.length === 0) return median
  return near.reduce((sum, each) => sum + each, 0) / near.length
}
