import type { Cancel, Timers } from '../ports/index.ts'
import {
  type Publication,
  type ReadonlyVector,
  type StreamKey,
  streamKey,
  type Vector,
} from '../wire/index.ts'
import type { Place } from './cursor.ts'
import { Ids } from './ids.ts'

const POLL_MS = 5000
const REST_MS = 50
/** What stands for a cursor at the end of what there is. */
const NOW = 'now'
/** Live publications held back behind a gap; beyond it they are dropped and come from history. */
const HELD_MAX = 4096
const HELD_BYTES_MAX = 8 * 1024 * 1024
/** Streams whose place is known, those last heard of. */
const STREAMS_MAX = 256
/** Streams that a question to history names in `seen`. */
const SEEN_MAX = 64
/** Messages in one page, so also the room needed to ask for one. */
export const PAGE_MESSAGES = 512

export interface Page {
  readonly messages: readonly Publication[]
  readonly next: string
  readonly more: boolean
  /** The answer to "from now on": the last `seq` of each stream that is not to come. */
  readonly passed?: ReadonlyVector
}

export interface Question {
  readonly after: string | undefined
  readonly limit: number
  /** What was passed of each stream, beside the cursor: else what came live would come again, as often as is asked. */
  readonly passed: Readonly<Record<StreamKey, number>>
  /** What the answering server must hold. */
  readonly seen: Readonly<Record<StreamKey, number>>
}

export interface MergeOptions {
  /** Where to begin; with `skip`, at what the first server to answer calls now. */
  readonly from: Place
  readonly skip: boolean
  readonly timers: Timers
  /** Whether a message of history belongs to the topic. */
  readonly wanted: (publication: Publication) => boolean
  /** Asks history; `page` or `failed` answers. One question at a time. */
  readonly ask: (question: Question) => void
  /** Since `before` nothing was passed but what its stream has up to it. */
  readonly deliver: (publication: Publication, before: Place) => void
  /** How many more the consumer can take. */
  readonly room: () => number
  /** History has been read to its end for the first time: from now on live publications are delivered. */
  readonly caughtUp: () => void
}

/** What a subscription met, counted. */
export interface MergeCounts {
  live: number
  /** Live publications whose former ones had not come. */
  gaps: number
  /** Dropped, for they had been delivered. */
  duplicates: number
  /** Delivered from history after it had first been read to its end. */
  repaired: number
}

/**
 * Makes one sequence of history and live publications, each message once. History is the truth, and live delivery only
 * quickens it: a live publication is delivered when all before it in its stream has been, else it is held back while
 * history is read. Within a stream the order is kept; whatever is dropped here comes from history.
 */
export class Merge {
  readonly counts: MergeCounts = { live: 0, gaps: 0, duplicates: 0, repaired: 0 }
  readonly #options: MergeOptions
  /** Those heard of last stand last. */
  readonly #passed: Vector
  #last: StreamKey = ''
  /** What the answer to "from now on" covers: all of it lies before the beginning. */
  #begun: ReadonlyVector = new Map()
  #after: string | undefined
  #held: Publication[] = []
  #heldBytes = 0
  readonly #ids = new Ids()
  /** The place since which nothing was passed but of one stream: to copy it for each message costs more than the rest. */
  #before: Place | undefined
  #beforeOf: StreamKey = ''
  #asking = false
  #due = false
  #caughtUp = false
  #trusting = false
  #restMs = REST_MS
  #cancelRest: Cancel | undefined
  readonly #cancelPoll: Cancel

  constructor(options: MergeOptions) {
    this.#options = options
    this.#after = options.skip ? NOW : options.from.after
    this.#passed = new Map(options.from.passed)
    this.#cancelPoll = options.timers.every(POLL_MS, () => this.read())
    options.timers.soon(() => this.read())
  }

  close(): void {
    this.#asking = true
    this.#cancelPoll()
    this.#cancelRest?.()
    this.#held = []
  }

  /** Reads history, once there is room: from time to time, at a gap, or when the consumer has taken something. */
  read(): void {
    if (this.#asking) {
      this.#due = true
      return
    }
    this.#due = this.#options.room() < PAGE_MESSAGES
    if (this.#due) return
    this.#cancelRest?.()
    this.#cancelRest = undefined
    this.#asking = true
    this.#options.ask({
      after: this.#after,
      limit: PAGE_MESSAGES,
      passed: Object.fromEntries(this.#passed),
      seen: this.#trusting ? {} : this.#heldLast(),
    })
  }

  /** The consumer took some. */
  drained(): void {
    if (this.#due) this.read()
  }

  live(publications: readonly Publication[]): void {
    for (const publication of publications) {
      this.counts.live++
      if (this.#isPassed(publication)) this.counts.duplicates++
      else if (this.#caughtUp && this.#follows(publication)) this.#deliverLive(publication)
      else this.#hold(publication)
    }
    if (this.#held.length > 0 && this.#caughtUp && this.#cancelRest === undefined) this.read()
  }

  page({ messages, next, more, passed }: Page): void {
    this.#asking = false
    this.#trusting = false
    for (const message of messages) this.#fromHistory(message)
    this.#after = next
    this.#before = undefined
    // What of it came live is not given: `next` is the cursor behind all of it, and there is none behind a part.
    if (passed !== undefined) this.#begun = passed
    if (more) return this.read()
    const first = !this.#caughtUp
    this.#caughtUp = true
    if (first) this.#options.caughtUp()
    this.#release()
    if (this.#held.length > 0) this.#rest()
    else this.#restMs = REST_MS
    if (this.#due) this.read()
  }

  /** The question failed for now. The next one asks for whatever a server has: the held ones may never be held there. */
  failed(): void {
    this.#asking = false
    this.#trusting = !this.#trusting
    this.#rest()
  }

  #rest(): void {
    this.#cancelRest?.()
    this.#cancelRest = this.#options.timers.after(this.#restMs, () => {
      this.#cancelRest = undefined
      this.read()
    })
    this.#restMs = Math.min(POLL_MS, this.#restMs * 2)
  }

  #fromHistory(message: Publication): void {
    if (this.#isPassed(message)) return
    if (!this.#options.wanted(message)) return this.#pass(message)
    if (this.#caughtUp) this.counts.repaired++
    this.#deliver(message)
  }

  #deliverLive(publication: Publication): void {
    if (this.#options.room() > 0) return this.#deliver(publication)
    // Dropped: the next one of its stream shows the gap, and history brings it once there is room.
    this.#due = true
  }

  #deliver(publication: Publication): void {
    const before = this.#placeBefore(streamOf(publication))
    this.#pass(publication)
    if (this.#ids.isNew(publication.user, publication.id)) this.#options.deliver(publication, before)
    else this.counts.duplicates++
  }

  #placeBefore(stream: StreamKey): Place {
    if (stream !== this.#beforeOf) this.#before = undefined
    this.#beforeOf = stream
    this.#before ??= { after: this.#after, passed: new Map(this.#passed) }
    return this.#before
  }

  #hold(publication: Publication): void {
    if (this.#caughtUp) this.counts.gaps++
    this.#held.push(publication)
    this.#heldBytes += publication.message.length
    if (this.#held.length <= HELD_MAX && this.#heldBytes <= HELD_BYTES_MAX) return
    this.#held = []
    this.#heldBytes = 0
    this.read()
  }

  /** Delivers of the held ones what follows now. */
  #release(): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const publication of held) {
      if (this.#isPassed(publication)) continue
      if (this.#follows(publication)) this.#deliverLive(publication)
      else {
        this.#held.push(publication)
        this.#heldBytes += publication.message.length
      }
    }
  }

  #heldLast(): Record<StreamKey, number> {
    const last: Vector = new Map()
    for (const publication of this.#held) {
      const stream = streamOf(publication)
      if (last.size >= SEEN_MAX && !last.has(stream)) continue
      last.set(stream, Math.max(last.get(stream) ?? 0, publication.operation.seq))
    }
    return Object.fromEntries(last)
  }

  #isPassed(publication: Publication): boolean {
    return publication.operation.seq <= this.#passedOf(streamOf(publication))
  }

  /** Whether all that this topic had before it in its stream has been passed. */
  #follows(publication: Publication): boolean {
    return publication.previous <= this.#passedOf(streamOf(publication))
  }

  #passedOf(stream: StreamKey): number {
    return this.#passed.get(stream) ?? this.#begun.get(stream) ?? 0
  }

  #pass(publication: Publication): void {
    this.#setPassed(streamOf(publication), publication.operation.seq)
  }

  #setPassed(stream: StreamKey, seq: number): void {
    if (stream !== this.#beforeOf) this.#before = undefined
    if (stream !== this.#last) this.#putLast(stream)
    this.#passed.set(stream, seq)
  }

  /** Takes it out, so that it will stand behind the others, and makes room for it. Mostly it stands there already. */
  #putLast(stream: StreamKey): void {
    this.#last = stream
    this.#passed.delete(stream)
    if (this.#passed.size < STREAMS_MAX) return
    const [eldest] = this.#passed.keys()
    if (eldest !== undefined) this.#passed.delete(eldest)
  }
}

function streamOf({ operation }: Publication): StreamKey {
  return streamKey(operation.origin, operation.incarnation)
}
