import type { Peer } from './peer.ts'

/** What was sent this long ago and is not on the peer's disk has not reached it, or waits there. */
const ARRIVAL_MS = 500
/** Bytes that a peer may have been sent and not called durable; beyond it the peer is sent no more, and fetches. */
const UNCONFIRMED_BYTES_MAX = 16 * 1024 * 1024

interface Sent {
  readonly seq: number
  readonly bytes: number
  /** Monotonic ms. */
  readonly at: number
}

/** What was sent directly to one peer and is not yet known to be on its disk. */
export class Way {
  readonly #sent: Sent[] = []
  #first = 0
  #bytes = 0
  #full = false
  /** The peer's incarnation: what a former one was sent counts no more. */
  #incarnation = 0

  /** Whether more may be sent. Once it was full, half must be confirmed before it is open again. */
  get open(): boolean {
    if (this.#full && this.#bytes * 2 <= UNCONFIRMED_BYTES_MAX) this.#full = false
    return !this.#full
  }

  /** Whether what was sent does not arrive in time. */
  late(now: number): boolean {
    const oldest = this.#sent[this.#first]
    return oldest !== undefined && now - oldest.at >= ARRIVAL_MS
  }

  add(seq: number, bytes: number, now: number): void {
    this.#sent.push({ seq, bytes, at: now })
    this.#bytes += bytes
    if (this.#bytes > UNCONFIRMED_BYTES_MAX) this.#full = true
  }

  /** The peer has this server's stream on its disk up to `seq`. */
  confirm(peer: Peer, seq: number): void {
    if (peer.incarnation !== this.#incarnation) {
      this.#incarnation = peer.incarnation
      this.#forget(Number.POSITIVE_INFINITY)
    } else this.#forget(seq)
  }

  #forget(seq: number): void {
    for (let oldest = this.#sent[this.#first]; oldest !== undefined; oldest = this.#sent[this.#first]) {
      if (oldest.seq > seq) break
      this.#bytes -= oldest.bytes
      this.#first++
    }
    if (this.#first * 2 <= this.#sent.length) return
    this.#sent.splice(0, this.#first)
    this.#first = 0
  }
}
