type Frames = readonly Uint8Array[]

/** What may wait in front of one socket; beyond it `add` says false and the message is dropped. */
const MESSAGES_MAX = 10_000
const BYTES_MAX = 64 * 1024 * 1024

/** Messages on their way into a socket, which takes one at a time: a bounded queue, sent in its order. */
export class Outgoing {
  readonly #send: (frames: Frames) => Promise<void>
  readonly #dropped: (error: unknown) => void
  #queue: Frames[] = []
  #bytes = 0
  #sending = false
  #closed = false

  constructor(send: (frames: Frames) => Promise<void>, dropped: (error: unknown) => void) {
    this.#send = send
    this.#dropped = dropped
  }

  /** Whether the message was taken. */
  add(frames: Frames): boolean {
    if (this.#closed || this.#queue.length >= MESSAGES_MAX || this.#bytes >= BYTES_MAX) return false
    this.#queue.push(frames)
    for (const frame of frames) this.#bytes += frame.byteLength
    if (!this.#sending) void this.#drain()
    return true
  }

  close(): void {
    this.#closed = true
    this.#queue = []
  }

  async #drain(): Promise<void> {
    this.#sending = true
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      for (const frames of batch) {
        for (const frame of frames) this.#bytes -= frame.byteLength
        if (this.#closed) break
        try {
          await this.#send(frames)
        } catch (error) {
          this.#dropped(error)
        }
      }
    }
    this.#sending = false
  }
}
