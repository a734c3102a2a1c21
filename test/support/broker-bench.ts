import { Broker, type BrokerOptions } from '../../src/broker/index.ts'
import { LamportClock } from '../../src/clocks/index.ts'
import {
  type BackendHead,
  encode,
  parseBackendHead,
  parseReplies,
  type Requests,
  splitBodies,
} from '../../src/wire/index.ts'
import { quietLog, quietMetrics } from './quiet.ts'
import { VirtualTime } from './virtual-time.ts'

export const CLUSTER = 'default/recado'
export const EMPTY = new Uint8Array()

interface Given {
  readonly tag: number
  readonly id: string
  readonly connection: number
}

/** A broker with a virtual clock, and what its clients and servers got. */
export class Bench {
  readonly world = new VirtualTime()
  readonly broker: Broker
  readonly answers: { client: string; frames: Uint8Array[] }[] = []
  readonly servers = new Map<string, FakeServer>()

  constructor(options: Partial<BrokerOptions> = {}) {
    const process = this.world.process()
    this.broker = new Broker({
      cluster: CLUSTER,
      clientQueue: 100,
      queue: 1000,
      requestDeadlineMs: 10_000,
      lamport: new LamportClock(),
      time: process,
      timers: process,
      log: quietLog,
      metrics: quietMetrics,
      toClient: (client, frames) => this.answers.push({ client, frames }),
      toServer: (id, frames) => this.servers.get(id)?.receive(frames),
      ...options,
    })
    this.broker.start()
    this.world.schedule(0, () => this.#beat())
  }

  server(
    name: string,
    options: { session?: number; incarnation?: number; credit?: number; id?: string } = {},
  ) {
    const server = new FakeServer(this.broker, options.id ?? `socket of ${name}`, name)
    this.servers.set(server.id, server)
    server.ready(options)
    return server
  }

  /** Sends requests with these ids on this connection, and lets them reach a server. */
  request(client: string, ...ids: string[]): void {
    for (const id of ids) this.broker.fromClient(client, [EMPTY, requestBody(id)])
    this.world.run(0)
  }

  /** What the clients were told: `client id` for an answer of a server, `client id code` for an error. */
  get told(): string[] {
    return this.answers.map(({ client, frames }) => {
      const [reply] = parseReplies(frames.at(-1) ?? EMPTY)
      const code = reply?.data.status === 'error' ? ` ${reply.data.code}` : ''
      return `${client} ${reply?.id}${code}`
    })
  }

  #beat(): void {
    for (const server of this.servers.values()) server.beat()
    this.world.schedule(250, () => this.#beat())
  }
}

/** The other end of a registration: it answers only what a test tells it to. */
export class FakeServer {
  readonly id: string
  readonly name: string
  readonly got: Given[] = []
  readonly heads: BackendHead[] = []
  silent = false
  #session = 0
  readonly #broker: Broker

  constructor(broker: Broker, id: string, name: string) {
    this.#broker = broker
    this.id = id
    this.name = name
  }

  get ids(): string[] {
    return this.got.map(({ id }) => id)
  }

  ready({ session = 1, incarnation = 1, credit = 1000, cluster = CLUSTER } = {}): void {
    this.#session = session
    this.say({ kind: 'ready', cluster, name: this.name, incarnation, session, credit })
  }

  say(head: BackendHead, bodies?: Uint8Array): void {
    this.#broker.fromServer(this.id, bodies === undefined ? [encode(head)] : [encode(head), bodies])
  }

  beat(): void {
    if (!this.silent) this.say({ kind: 'beat' })
  }

  /** Answers the requests with these ids, or all. */
  answer(...ids: string[]): void {
    const answered = this.got.filter(({ id }) => ids.length === 0 || ids.includes(id))
    const bodies = answered.map(({ id }) => replyBody(id))
    this.say(
      {
        kind: 'replies',
        tags: answered.map(({ tag }) => tag),
        lengths: bodies.map(({ byteLength }) => byteLength),
      },
      Buffer.concat(bodies),
    )
  }

  receive(frames: Uint8Array[]): void {
    const head = parseBackendHead(frames[0] ?? EMPTY)
    this.heads.push(head)
    if (head.kind === 'requests' && head.session === this.#session) this.#take(head, frames[1])
  }

  #take(head: Requests, frame: Uint8Array | undefined): void {
    splitBodies(frame, head.lengths).forEach((body, index) => {
      this.got.push({
        tag: head.tags[index] ?? 0,
        connection: head.connections[index] ?? 0,
        id: idOf(body),
      })
    })
  }
}

export function requestBody(id: string): Uint8Array {
  return encode({ service: 'users', id, clock: 1, timestamp: 1, data: {} })
}

function replyBody(id: string): Uint8Array {
  return encode({ service: 'users', id, clock: 2, timestamp: 2, data: { status: 'ok' } })
}

function idOf(body: Uint8Array): string {
  return /m(\d+)/.exec(Buffer.from(body).toString('latin1'))?.[0] ?? ''
}
