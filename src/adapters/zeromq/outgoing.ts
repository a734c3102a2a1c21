type Frames = readonly Uint8Array[]

/** What may wait in front of one socket; beyond it `add` says false and the message is dropped. */
const MESSAGES_MAX = 10_000
const BYTES_MAX = 64 * 1024 * 1024
/** A message that could not be sent for so long is worth nothing any more: its sender has told or asked again. */
export const KEEP_MS = 1000

interface Waiting {
  readonly frames: Frames
  readonly bytes: number
  /** Monotonic ms. */
  readonly since: number
}

/**
 * Messages on their way into a socket that takes one at a time and may have no connection yet: a bounded queue, sent in
 * its order. What waits too long is dropped, so that a peer which comes back is not flooded with the past.
 */
export class Outgoing {
  readonly #send: (frames: Frames) => Promise<void>
  #queue: Waiting[] = []
  #count = 0
  #bytes = 0
  #sending = false
  #closed = false

  /** `send` may reject or throw: that message is lost. */
  constructor(send: (frames: Frames) => Promise<void>) {
    this.#send = send
  }

  /** Whether the message was taken. */
  add(frames: Frames): boolean {
    if (this.#closed || this.#count >= MESSAGES_MAX || this.#bytes >= BYTES_MAX) return false
    let bytes = 0
    for (const frame of frames) bytes += frame.byteLength
    this.#count++
    this.#bytes += bytes
    this.#queue.push({ frames, bytes, since: performance.now() })
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
      for (const { frames, bytes, since } of batch) {
        if (!this.#closed && performance.now() - since < KEEP_MS) await this.#try(frames)
        this.#count--
        this.#bytes -= bytes
      }
    }
    this.#sending = false
  }

  async #try(frames: Frames): Promise<void> {
    try {
      await this.#send(frames)
    } catch {
      // No connection, or its queue is full, for too long; or the socket is being closed.
    }
  }
}
