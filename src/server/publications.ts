import type { Timers } from '../ports/index.ts'
import { channelTopic, encodePublications, type Operation, type Said, userTopic } from '../wire/index.ts'
import type { Level } from './acknowledgements.ts'

/** Publications in one frame. */
const FRAME_MAX = 256
const FRAME_BYTES_MAX = 1024 * 1024

/** An operation of this incarnation that subscribers shall get once it has reached its level. */
export interface Unpublished {
  /** A publication or a direct message. */
  readonly operation: Operation
  readonly level: Level
  /** Monotonic ms: when the client was told `unavailable` at the latest. */
  readonly deadline: number
}

export interface PublicationsOptions {
  readonly timers: Timers
  /** The last `seq` of this incarnation that has reached a level. */
  readonly reached: (level: Level) => number
  readonly now: () => number
  readonly publish: (topic: string, body: Uint8Array) => void
  /** The members of a private channel: each hears it by its own inbox. */
  readonly membersOf: (channel: string) => ReadonlyMap<string, unknown> | undefined
}

/**
 * Publishes this incarnation's operations to subscribers in their order, each once it is held as its level asks. What
 * one topic received within one turn of the loop goes out as one frame.
 */
export class Publications {
  readonly #options: PublicationsOptions
  /** From `#first` on; undefined is what was published, so that nothing keeps it. */
  readonly #waiting: (Unpublished | undefined)[] = []
  #first = 0
  #bytes = 0
  /** The last `seq` published on each topic: subscribers see gaps by it. */
  readonly #previous = new Map<string, number>()
  #frames = new Map<string, Said[]>()
  #scheduled = false
  readonly #sendSoon = (): void => this.#send()

  constructor(options: PublicationsOptions) {
    this.#options = options
  }

  /** How many wait for their level. */
  get size(): number {
    return this.#waiting.length - this.#first
  }

  /** How long their messages are together, about. */
  get bytes(): number {
    return this.#bytes
  }

  add(unpublished: Unpublished): void {
    this.#waiting.push(unpublished)
    this.#bytes += lengthOf(unpublished.operation)
  }

  /** A level may have been reached. */
  advance(): void {
    for (;;) {
      const next = this.#waiting[this.#first]
      if (next === undefined || !this.#isDue(next)) break
      this.#waiting[this.#first] = undefined
      this.#first++
      this.#bytes -= lengthOf(next.operation)
      this.#publish(next)
    }
    if (this.#first > 1024 && this.#first * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#first)
      this.#first = 0
    }
  }

  /**
   * `all` asks for every voter. Once its client has been told `unavailable`, a majority is enough for its publication:
   * otherwise one voter that stays away would hold back all that comes after it.
   */
  #isDue(next: Unpublished): boolean {
    const { seq } = next.operation
    if (this.#options.reached(next.level) >= seq) return true
    return (
      next.level === 'all' && this.#options.now() >= next.deadline && this.#options.reached('quorum') >= seq
    )
  }

  #publish({ operation }: Unpublished): void {
    const subject = topicOf(operation)
    const said = { operation, previous: this.#previous.get(subject) ?? 0 }
    this.#previous.set(subject, operation.seq)
    for (const topic of this.#topicsOf(operation, subject)) {
      const frame = this.#frames.get(topic)
      if (frame === undefined) this.#frames.set(topic, [said])
      else frame.push(said)
    }
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.timers.soon(this.#sendSoon)
  }

  /** What is said in a private channel goes to its members alone, and to who is one now. */
  #topicsOf({ kind, target }: Operation, subject: string): readonly string[] {
    const members = kind === 'publish' ? this.#options.membersOf(target) : undefined
    return members === undefined ? [subject] : [...members.keys()].map(userTopic)
  }

  #send(): void {
    this.#scheduled = false
    const frames = this.#frames
    this.#frames = new Map()
    for (const [topic, said] of frames) this.#sendOn(topic, said)
  }

  #sendOn(topic: string, said: readonly Said[]): void {
    let [from, bytes] = [0, 0]
    for (let end = 1; end <= said.length; end++) {
      bytes += lengthOf((said[end - 1] as Said).operation)
      if (end - from < FRAME_MAX && bytes < FRAME_BYTES_MAX && end < said.length) continue
      this.#options.publish(topic, encodePublications(said.slice(from, end)))
      from = end
      bytes = 0
    }
  }
}

function lengthOf({ message }: Operation): number {
  return message?.length ?? 0
}

function topicOf({ kind, target }: Operation): string {
  return kind === 'publish' ? channelTopic(target) : userTopic(target)
}
