import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Recording } from './recording.ts'

/** Somebody on the way between two processes, who reads all that passes. The other side may be told later. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** One for each connection, the first one first. */
  readonly recordings: Recording[] = []
  /** `tcp://host:port` of the other side. */
  to: string | undefined

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

  get address(): string {
    return `tcp://127.0.0.1:${this.port}`
  }

  /** All bytes that passed, both ways. */
  get seen(): Buffer {
    return Buffer.concat(this.recordings.flatMap(({ turns }) => turns.map(({ bytes }) => bytes)))
  }

  /** Ends what is connected now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  close(): void {
    this.#server.close()
    this.cut()
  }

  #join(from: Socket): void {
    if (this.to === undefined) return void from.destroy()
    const { hostname, port } = new URL(this.to)
    const to = connect({ host: hostname, port: Number(port) })
    const recording = new Recording((side, bytes) => (side === 'server' ? to : from).write(bytes))
    this.recordings.push(recording)
    for (const [one, other, side] of [
      [from, to, 'client'],
      [to, from, 'server'],
    ] as const) {
      this.#sockets.add(one)
      one.on('data', (bytes: Buffer) => {
        recording.add(side, bytes)
        other.write(bytes)
      })
      one.on('close', () => {
        recording.end()
        other.destroy()
      })
      one.on('error', () => other.destroy())
    }
  }
}
