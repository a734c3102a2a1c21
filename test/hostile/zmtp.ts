import { connect, type Socket } from 'node:net'

/** Between the steps of a handshake. */
const STEP_MS = 30

export type SocketType = 'DEALER' | 'REQ' | 'PUB' | 'SUB'

/** Bytes of a ZMTP 3.0 greeting without security. */
export const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
])

/** The command that ends the handshake. */
export function ready(type: SocketType): Buffer {
  const property = [Buffer.from('\x0bSocket-Type'), Buffer.from([0, 0, 0, type.length]), Buffer.from(type)]
  const body = Buffer.concat([Buffer.from('\x05READY'), ...property])
  return Buffer.concat([Buffer.from([4, body.byteLength]), body])
}

/** A message's frames as they stand on the wire. */
export function framed(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame, index) => {
      const more = index < frames.length - 1 ? 1 : 0
      if (frame.byteLength < 256) return [Buffer.from([more, frame.byteLength]), frame]
      const head = Buffer.alloc(9)
      head[0] = more | 2
      head.writeBigUInt64BE(BigInt(frame.byteLength), 1)
      return [head, frame]
    }),
  )
}

/** A TCP connection of a stranger's own making; what comes is thrown away unless `reads` is false: then it is left. */
export class RawConnection {
  readonly #socket: Socket
  readonly #closed: Promise<void>
  #open = true

  private constructor(socket: Socket, reads: boolean) {
    this.#socket = socket
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#open = false
        resolve()
      })
    })
    // Being cut off is what many of these ask for.
    socket.on('error', () => {})
    if (reads) socket.resume()
    else socket.pause()
  }

  /** Resolves when it is connected; when nobody listens it is closed from the beginning. */
  static open(port: number, { reads = true } = {}): Promise<RawConnection> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      const raw = new RawConnection(socket, reads)
      socket.once('connect', () => resolve(raw))
      socket.once('close', () => resolve(raw))
    })
  }

  /** Shakes hands as this type of socket. In steps: a peer cuts off who says all at once before it has answered. */
  async greet(type: SocketType): Promise<void> {
    for (const step of [GREETING, ready(type)]) {
      await this.write(step)
      await new Promise((resolve) => {
        setTimeout(resolve, STEP_MS)
      })
    }
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Writes, and waits until the other side has taken enough of it, or has closed, or for `patienceMs`. */
  async write(bytes: Uint8Array, patienceMs = 2000): Promise<void> {
    if (!this.#open || this.#socket.write(bytes)) return
    const drained = new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve)
    })
    await this.#orLate(Promise.race([drained, this.#closed]), patienceMs)
  }

  /** Ends the sending, and waits until the other side has closed, or for `patienceMs`: then it is cut. */
  async end(patienceMs = 1000): Promise<void> {
    if (this.#open) this.#socket.end()
    await this.#orLate(this.#closed, patienceMs)
    this.#socket.destroy()
    await this.#closed
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #orLate(done: Promise<void>, patienceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    await Promise.race([done, late])
    clearTimeout(timer)
  }
}
