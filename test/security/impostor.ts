import * as zmq from 'zeromq'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import type { curveOf } from './spies.ts'

/** Takes a server's name as its own routing id, and says at a clients' port what servers say to be taken on. */
export class Impostor {
  readonly #socket: zmq.Dealer
  /** What came, decoded. */
  readonly answers: Readonly<Record<string, unknown>>[] = []

  constructor(address: string, keys: ReturnType<typeof curveOf>, server: { name: string; cluster: string }) {
    this.#socket = new zmq.Dealer({ linger: 0, routingId: server.name, ...keys })
    this.#socket.connect(address)
    void this.#hear().catch((error: unknown) => this.answers.push({ error }))
    void this.#say(server).catch((error: unknown) => this.answers.push({ error }))
  }

  /** Whether it was told what only a server is told: that it is registered, or what others ask. */
  get passed(): boolean {
    return this.answers.some(({ kind }) => kind === 'beat' || kind === 'requests')
  }

  close(): void {
    this.#socket.close()
  }

  async #say({ name, cluster }: { name: string; cluster: string }): Promise<void> {
    // Of a process that started after the real one.
    const incarnation = Date.now() + 60_000
    const heads = [{ kind: 'ready', cluster, name, incarnation, session: 1, credit: 1000 }, { kind: 'beat' }]
    for (const head of heads) {
      await this.#socket.send([encode(head)])
      await this.#socket.send([new Uint8Array(), encode(head)])
    }
  }

  async #hear(): Promise<void> {
    for await (const frames of this.#socket) {
      for (const frame of frames.filter(({ byteLength }) => byteLength > 0)) {
        this.answers.push(decode(frame, PEER_LIMITS) as Record<string, unknown>)
      }
    }
  }
}
