/** A peer that takes nothing is tried again after a while that grows, one that takes something at once. */
const REST_MS_MAX = 512
/** So many go to one peer before others have their turn. */
const TURN = 64

/** What is sent: the peer's name, and the frames. */
type Message = readonly Buffer[]

interface SlowPeer {
  readonly name: string
  readonly messages: Message[]
  bytes: number
  restMs: number
}

export interface PeerQueuesOptions {
  /** Never waits: rejects with `EAGAIN` while the socket keeps no more for that peer. */
  readonly send: (message: Message) => Promise<void>
  /** Messages that may wait for one peer besides those that the socket keeps, and their bytes. */
  readonly most: number
  readonly mostBytes: number
  /** Bytes that may wait for all peers. */
  readonly allBytes: number
  /** A message was dropped, for its peer does not read. */
  readonly dropped: () => void
}

/**
 * What peers do not read as fast as it is sent to them. A socket would count it in messages only, and change that count for
 * all of its peers; so it keeps few, and what is more waits here, bounded for each peer in bytes too.
 */
export class PeerQueues {
  readonly #options: PeerQueuesOptions
  #turn: Message[] = []
  #isSending = false
  readonly #slow = new Map<string, SlowPeer>()
  #bytes = 0
  #isClosed = false

  constructor(options: PeerQueuesOptions) {
    this.#options = options
  }

  add(message: Message): void {
    this.#turn.push(message)
    if (!this.#isSending) void this.#sendTurn()
  }

  /** A peer has gone: what waits for it is for nobody, whoever comes under its name. */
  forget(name: string): void {
    const peer = this.#slow.get(name)
    if (peer !== undefined) this.#end(peer)
  }

  close(): void {
    this.#isClosed = true
  }

  /** One by one, for only then it is known who is slow: to refuse a message costs the socket more than to take it. */
  async #sendTurn(): Promise<void> {
    this.#isSending = true
    while (this.#turn.length > 0) {
      const turn = this.#turn
      this.#turn = []
      for (const message of turn) {
        const peer = this.#slow.size === 0 ? undefined : this.#slow.get(nameOf(message))
        if (peer !== undefined) {
          this.#keep(peer, message)
          continue
        }
        try {
          await this.#options.send(message)
        } catch (error) {
          if (isFull(error)) this.#begin(message)
        }
      }
    }
    this.#isSending = false
  }

  #begin(message: Message): void {
    const name = nameOf(message)
    const peer: SlowPeer = { name, messages: [], bytes: 0, restMs: 0 }
    this.#slow.set(name, peer)
    this.#keep(peer, message)
    this.#tryLater(peer)
  }

  #keep(peer: SlowPeer, message: Message): void {
    const bytes = sizeOf(message)
    const { most, mostBytes, allBytes, dropped } = this.#options
    const fits = peer.messages.length < most && peer.bytes + bytes <= mostBytes
    if (!fits || this.#bytes + bytes > allBytes) return dropped()
    peer.bytes += bytes
    this.#bytes += bytes
    // Copied: it may be a small part of a frame, which would be kept as a whole.
    peer.messages.push(message.map((frame) => Buffer.from(frame)))
  }

  #tryLater(peer: SlowPeer): void {
    const again = (): void => void this.#sendTo(peer)
    if (peer.restMs === 0) setImmediate(again)
    else setTimeout(again, peer.restMs).unref()
  }

  async #sendTo(peer: SlowPeer): Promise<void> {
    if (this.#isClosed || this.#slow.get(peer.name) !== peer) return
    let sent = 0
    try {
      for (; sent < TURN; sent++) {
        const [message] = peer.messages
        if (message === undefined) return this.#end(peer)
        await this.#options.send(message)
        peer.messages.shift()
        const bytes = sizeOf(message)
        peer.bytes -= bytes
        this.#bytes -= bytes
      }
    } catch (error) {
      // It is gone.
      if (!isFull(error)) return this.#end(peer)
    }
    peer.restMs = sent > 0 ? 0 : Math.min(Math.max(1, peer.restMs * 2), REST_MS_MAX)
    this.#tryLater(peer)
  }

  #end(peer: SlowPeer): void {
    this.#bytes -= peer.bytes
    this.#slow.delete(peer.name)
  }
}

function nameOf([name]: Message): string {
  return name?.toString('latin1') ?? ''
}

function sizeOf(message: Message): number {
  let bytes = 0
  for (const { byteLength } of message) bytes += byteLength
  return bytes
}

function isFull(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'EAGAIN'
}
