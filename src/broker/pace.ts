import type { Time } from '../ports/index.ts'

/** What it takes to bring a message here, beside this thread: at least, and for its size. */
const BRINGING_MS = 0.02
const BRINGING_BYTES_PER_MS = 1_000_000
/** How long to rest for each ms of that, and of what this thread took to refuse. */
const REST_FOR_BRINGING = 16
const REST_FOR_REFUSING = 2
/** Whoever waits meanwhile waits no longer than that. */
const REST_MS_MAX = 2
/** What is owed beyond it is forgotten, and all of it when nothing was added for so long. */
const OWED_MS_MAX = 20
const FORGET_MS = 1000
/** Who sends more than so many in this time, and more than all others together, is one that takes it from others. */
const WINDOW_MS = 20
const BULK_MIN = 16
/** So long after another has sent, a connection is not alone: the other may only be held up, by what this one sends. */
const TOGETHER_MS = 250

/**
 * When to take nothing for a moment (docs/adr/0023-rest-beside-a-flood.md). Who sends without end, and is refused or not, must not
 * have all of this process's time and of the machine's. While this process rests they pile up in the sender's own socket.
 */
export class Pace {
  readonly #time: Time
  #owedMs = 0
  #owedAt = 0
  #isDue = false
  #windowEnds = 0
  /** Bodies in this window, all of them and of each connection, and the connections of which something was refused. */
  #all = 0
  #taken = new Map<string, number>()
  #refused = new Set<string>()
  /** How many these were in the window before. */
  #formerRefused = 0
  /** Whose body was the last, and until when who sends next is not alone. */
  #last: string | undefined
  #togetherUntil = 0
  /** Connections that something was owed for since the last rest: the second time, all others have had their turn. */
  readonly #owing = new Set<string>()

  constructor(time: Time) {
    this.#time = time
  }

  /**
   * A body of this connection goes on its way. Whether it sends in bulk: more than all others together, while they send.
   * `now`, here and below: when it was taken, monotonic ms.
   */
  taken(id: string, bytes: number, now: number): boolean {
    if (now >= this.#windowEnds) this.#turn(now)
    const count = (this.#taken.get(id) ?? 0) + 1
    this.#taken.set(id, count)
    this.#all++
    if (this.#last !== undefined && this.#last !== id) this.#togetherUntil = now + TOGETHER_MS
    this.#last = id
    const isBulk = count > BULK_MIN && count * 2 > this.#all && now < this.#togetherUntil
    if (isBulk) this.#owe(id, costOf(bytes) * REST_FOR_BRINGING, now)
    return isBulk
  }

  /**
   * A message of so many bytes was refused. Others wait behind one message of each connection, for they have their turns: so what
   * is owed for these together is no more than for one.
   */
  refused(id: string, bytes: number, now: number): void {
    if (now >= this.#windowEnds) this.#turn(now)
    this.#refused.add(id)
    const took = this.#time.monotonic() - now
    const connections = Math.max(this.#refused.size, this.#formerRefused)
    this.#owe(id, (costOf(bytes) * REST_FOR_BRINGING + took * REST_FOR_REFUSING) / connections, now)
  }

  /** For how many ms to rest now: 0, or a few. What is still owed is rested for after the next of its kind, not after others' messages. */
  takeRest(): number {
    if (!this.#isDue) return 0
    this.#isDue = false
    this.#owing.clear()
    const rest = Math.min(Math.round(this.#owedMs), REST_MS_MAX)
    this.#owedMs -= rest
    return rest
  }

  #owe(id: string, ms: number, now: number): void {
    if (now - this.#owedAt > FORGET_MS) this.#owedMs = 0
    this.#owedAt = now
    this.#owedMs = Math.min(this.#owedMs + ms, OWED_MS_MAX)
    this.#isDue = this.#owedMs >= 1 && this.#owing.has(id)
    this.#owing.add(id)
  }

  #turn(now: number): void {
    this.#formerRefused = now < this.#windowEnds + WINDOW_MS ? this.#refused.size : 0
    this.#all = 0
    this.#taken = new Map()
    this.#refused = new Set()
    this.#owing.clear()
    this.#windowEnds = now + WINDOW_MS
  }
}

function costOf(bytes: number): number {
  return BRINGING_MS + bytes / BRINGING_BYTES_PER_MS
}
