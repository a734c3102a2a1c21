import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Somebody on the way between two processes, who reads all that passes. The other side may be told later. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #chunks: Buffer[] = []
  target: number | undefined

  private constructor() {
    this.#server = createServer((from) => this.#join(from))
  }

  static async open(): Promise<Relay> {
    const relay = new Relay()
    await new Promise<void>((resolve) => {
      relay.#server.listen(0, '127.0.0.1', resolve)
    })
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** All bytes that passed, both ways. */
  get seen(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(from: Socket): void {
    if (this.target === undefined) return void from.destroy()
    const to = connect({ port: this.target, host: '127.0.0.1' })
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(one)
      one.on('data', (bytes: Buffer) => {
        this.#chunks.push(bytes)
        other.write(bytes)
      })
      one.on('close', () => other.destroy())
      one.on('error', () => other.destroy())
    }
  }
}
