import type { Time } from '../ports/index.ts'
import type { Connection } from './queue.ts'

/** What it takes to bring a message here, beside this thread: at least, and for its size. */
const BRINGING_MS = 0.02
const BRINGING_BYTES_PER_MS = 1_000_000
/** How long to rest for each ms of that, and of what this thread took: when it was for nothing, and when it was for one of several. */
const REST_FOR_REFUSED = 16
const REST_FOR_BULK = 4
/** Whoever waits meanwhile waits no longer than that. */
const REST_MS_MAX = 2
/** What is owed beyond it is forgotten. */
const OWED_MS_MAX = 20
/** Who sends more than so many in this time, and more than all others together, is one that takes it from others. */
const WINDOW_MS = 20
const BULK_MIN = 16

/**
 * When to take nothing for a moment. Who sends without end, and is refused or not, must not have all of this process's time and of
 * the machine's: others wait behind each of its messages. While this process rests they pile up in the sender's own socket.
 */
export class Pace {
  readonly #time: Time
  #owedMs = 0
  #isDue = false
  #windowEnds = 0
  #window = 0
  #taken = 0
  /** Connections that sent something, and how many did in the window before. */
  #connections = 0
  #former = 0

  constructor(time: Time) {
    this.#time = time
  }

  /** A body of this connection goes on its way. */
  taken(connection: Connection, bytes: number, now: number): void {
    if (now >= this.#windowEnds) this.#turn(now)
    if (connection.window !== this.#window) {
      connection.window = this.#window
      connection.taken = 0
      this.#connections++
    }
    connection.taken++
    this.#taken++
    const isBulk = connection.taken > BULK_MIN && connection.taken * 2 > this.#taken
    if (isBulk && Math.max(this.#connections, this.#former) > 1) this.#owe(bytes, 0, REST_FOR_BULK)
  }

  /** A message of so many bytes was refused, which began then. */
  refused(bytes: number, began: number): void {
    this.#owe(bytes, this.#time.monotonic() - began, REST_FOR_REFUSED)
  }

  /** For how many ms to rest now: 0, or a few. What is still owed is rested for after the next of its kind, not after others' messages. */
  takeRest(): number {
    if (!this.#isDue) return 0
    this.#isDue = false
    const rest = Math.min(Math.round(this.#owedMs), REST_MS_MAX)
    this.#owedMs -= rest
    return rest
  }

  #owe(bytes: number, tookMs: number, times: number): void {
    const more = (BRINGING_MS + bytes / BRINGING_BYTES_PER_MS + tookMs) * times
    this.#owedMs = Math.min(this.#owedMs + more, OWED_MS_MAX)
    this.#isDue = this.#owedMs >= 1
  }

  #turn(now: number): void {
    this.#former = now < this.#windowEnds + WINDOW_MS ? this.#connections : 0
    this.#connections = 0
    this.#taken = 0
    this.#window++
    this.#windowEnds = now + WINDOW_MS
  }
}
