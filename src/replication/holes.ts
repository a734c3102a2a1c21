import type { Chance, Log, Metrics, Time, Timers } from '../ports/index.ts'
import type { Store } from '../store/index.ts'
import type { Batch, StreamKey } from '../wire/index.ts'
import type { Peer } from './peer.ts'

/** Bytes of batches asked for at a time: bounds both sides' memory and paces a snapshot. */
const FETCH_BYTES = 1024 * 1024
/** A hole this young may only be a batch that is still on its way. */
const PATIENCE_MS = 20
const FETCH_TIMEOUT_MS = 1000
/** How long a peer that had nothing to give is left alone. */
const PAUSE_MS = 250
/**
 * Between two questions of a server that takes everything, as many times as long as the last answer took if it was a whole one,
 * and at least and at most: those who answer have clients to serve as well, and the slower they are the more of them.
 */
const PACE_TIMES = 2
const [PACE_MS, PACE_MS_MAX] = [20, 100]
const EARLY_MS = 1
/** How long nothing is fetched after the store took nothing more: it would be dropped, and fetched again. */
const FULL_MS = 250
const TELL_FULL_MS = 10_000
/** Batches that came before their turn, over all streams; the oldest are dropped and fetched again. */
const EARLY_MAX = 256

export interface HolesOptions {
  readonly store: Store
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  readonly live: () => readonly Peer[]
  /** Whether to fetch at once: a server that catches up knows that nothing is on its way. */
  readonly hurried: () => boolean
  readonly fetch: (peer: Peer, stream: StreamKey, after: number, bytes: number) => void
}

interface Hole {
  since: number
  heldThen: number
}

interface Asked {
  readonly stream: StreamKey
  readonly incarnation: number
  readonly after: number
  readonly at: number
}

/** Finds what others have and this server has not, and fetches it: one question at a time to each peer. */
export class Holes {
  readonly #options: HolesOptions
  readonly #holes = new Map<StreamKey, Hole>()
  /** The fetch under way at each peer's life, by name. */
  readonly #asked = new Map<string, Asked>()
  readonly #pausedUntil = new Map<string, number>()
  readonly #early = new Map<StreamKey, Map<number, Batch>>()
  #earlyCount = 0
  #fullUntil = Number.NEGATIVE_INFINITY
  #toldFullAt = Number.NEGATIVE_INFINITY
  #waiting = false

  constructor(options: HolesOptions) {
    this.#options = options
  }

  /** Somebody has, or has sent, more of this stream than is held here. */
  notice(stream: StreamKey): void {
    const held = this.#held(stream)
    const hole = this.#holes.get(stream)
    const now = this.#options.time.monotonic()
    if (hole === undefined) this.#holes.set(stream, { since: now, heldThen: held })
    else if (hole.heldThen < held) Object.assign(hole, { since: now, heldThen: held })
    if (this.#options.hurried()) this.fill()
    else this.#fillSoon()
  }

  /** Whether anything is known to be missing. */
  get any(): boolean {
    return this.#holes.size > 0
  }

  /** Asks for what is missing wherever nothing is being asked for. */
  fill(): void {
    const now = this.#options.time.monotonic()
    if (now < this.#fullUntil) return
    this.#giveUp(now)
    const under = new Set([...this.#asked.values()].map((asked) => asked.stream))
    for (const [stream, hole] of this.#holes) {
      if (under.has(stream) || !this.#isDue(stream, hole, now)) continue
      const peer = this.#choose(stream, now)
      if (peer === undefined) continue
      under.add(stream)
      const after = this.#held(stream)
      this.#asked.set(peer.name, { stream, incarnation: peer.incarnation, after, at: now })
      this.#options.metrics.add('recado_replication_fetches_total')
      this.#options.fetch(peer, stream, after, FETCH_BYTES)
    }
  }

  /**
   * Batches of a peer have been taken: its answer to a fetch, or new ones that it sent of its own accord. Those say
   * nothing of the fetch: else it would be asked twice, and who catches up would never be done with pausing.
   */
  answered(peer: string, batches: readonly Batch[]): void {
    const asked = this.#asked.get(peer)
    if (asked === undefined || !isAnswer(batches, asked)) return
    this.#asked.delete(peer)
    const { time, timers, hurried } = this.#options
    const now = time.monotonic()
    const pause = batches.length === 0 ? PAUSE_MS : hurried() ? paceAfter(batches, now - asked.at) : 0
    if (pause > 0) this.#pausedUntil.set(peer, now + pause)
    // A timer may come a little early, and would find nobody to ask.
    if (pause > 0) timers.after(pause + EARLY_MS, () => this.fill())
    this.fill()
  }

  /** The store took nothing more, for too much waits for the disk: what came is dropped, and nothing asked for meanwhile. */
  full(): void {
    const { time, timers, log } = this.#options
    const now = time.monotonic()
    if (now < this.#fullUntil) return
    this.#fullUntil = now + FULL_MS
    timers.after(FULL_MS, () => this.fill())
    if (now - this.#toldFullAt < TELL_FULL_MS) return
    this.#toldFullAt = now
    log.warn({}, 'The disk is behind: what peers send is dropped, and fetched again once there is room')
  }

  /** Keeps a batch that came before its turn. */
  keep(batch: Batch): void {
    const early = this.#early.get(batch.stream) ?? new Map<number, Batch>()
    this.#early.set(batch.stream, early)
    if (!early.has(batch.firstSeq)) this.#earlyCount++
    early.set(batch.firstSeq, batch)
    if (this.#earlyCount > EARLY_MAX) this.#dropOldest()
    this.notice(batch.stream)
  }

  /** The kept batch that follows what is held of this stream, if any; it is kept no longer. */
  takeNext(stream: StreamKey): Batch | undefined {
    const early = this.#early.get(stream)
    if (early === undefined) return undefined
    const held = this.#held(stream)
    for (const [firstSeq, batch] of early) {
      if (firstSeq > held + 1) continue
      this.#forget(stream, early, firstSeq)
      if (firstSeq + batch.count - 1 > held) return batch
    }
    return undefined
  }

  /** Of who is down or has started anew no answer comes; of others it may only be late. */
  #giveUp(now: number): void {
    if (this.#asked.size === 0) return
    const lives = new Map(this.#options.live().map(({ name, incarnation }) => [name, incarnation]))
    for (const [name, { incarnation, at }] of this.#asked) {
      if (lives.get(name) !== incarnation || now - at > FETCH_TIMEOUT_MS) this.#asked.delete(name)
    }
  }

  #isDue(stream: StreamKey, hole: Hole, now: number): boolean {
    const held = this.#held(stream)
    if (!this.#options.live().some((peer) => peer.durableIn(stream) > held)) {
      this.#holes.delete(stream)
      return false
    }
    if (this.#options.hurried()) return true
    if (hole.heldThen < held) Object.assign(hole, { since: now, heldThen: held })
    if (now - hole.since >= PATIENCE_MS) return true
    this.#fillSoon()
    return false
  }

  #choose(stream: StreamKey, now: number): Peer | undefined {
    const held = this.#held(stream)
    const able = this.#options
      .live()
      .filter(
        (peer) =>
          peer.durableIn(stream) > held &&
          !this.#asked.has(peer.name) &&
          now >= (this.#pausedUntil.get(peer.name) ?? 0),
      )
    return able[Math.floor(this.#options.chance.next() * able.length)]
  }

  #fillSoon(): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#options.timers.after(PATIENCE_MS, () => {
      this.#waiting = false
      this.fill()
    })
  }

  #dropOldest(): void {
    for (const [stream, early] of this.#early) {
      for (const firstSeq of early.keys()) {
        this.#forget(stream, early, firstSeq)
        return
      }
    }
  }

  #forget(stream: StreamKey, early: Map<number, Batch>, firstSeq: number): void {
    early.delete(firstSeq)
    this.#earlyCount--
    if (early.size === 0) this.#early.delete(stream)
  }

  #held(stream: StreamKey): number {
    return this.#options.store.held.get(stream) ?? 0
  }
}

/** For how many ms to leave a peer alone that gave these batches after so many. */
function paceAfter(batches: readonly Batch[], tookMs: number): number {
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes.byteLength, 0)
  const paced = tookMs * PACE_TIMES * Math.min(1, bytes / FETCH_BYTES)
  return Math.ceil(Math.min(Math.max(PACE_MS, paced), PACE_MS_MAX))
}

/**
 * Nothing is sent empty but an answer, and nothing of one's own accord that was on one's disk already: all that can be
 * asked for is.
 */
function isAnswer(batches: readonly Batch[], { stream, after }: Asked): boolean {
  if (batches.length === 0) return true
  return batches.some(
    (batch) => batch.stream === stream && batch.firstSeq <= after + 1 && batch.lastSeq > after,
  )
}
