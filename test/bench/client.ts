import { systemTime, systemTimers } from '../../src/adapters/time.ts'
import { Client } from '../../src/client/client.ts'
import type { Subscription } from '../../src/client/index.ts'
import type { Dealer, Subscriber } from '../../src/ports/index.ts'
import {
  decode,
  encodePublications,
  encodeReplies,
  type Operation,
  PEER_LIMITS,
  type Reply,
  type Request,
} from '../../src/wire/index.ts'
import { seededChance } from '../support/virtual-time.ts'
import { type Part, printCost } from './cost.ts'

const CHANNEL = 'news'
const MESSAGE = 'x'.repeat(128)
const EMPTY = new Uint8Array()
const STREAM = { origin: 'server-1', incarnation: 1_764_000_000_000 }
/** Publications under way, in one body, and bodies of one run. */
const IN_FLIGHT = 1024
const BODY = 128
const BODIES = 400
/** Publications in a frame from a proxy, and frames of one run. */
const FRAME = 64
const FRAMES = 800

/** A broker that costs next to nothing: it counts what it is sent, and has written the answers before. */
class Broker {
  /** What the ids of the client's requests begin with. */
  prefix = ''
  #asked = 0
  #answered = 0
  #answers: readonly Uint8Array[] = []
  #handle: (frames: Uint8Array[]) => void = () => {}

  readonly open = (): Dealer => ({
    send: ([, body]) => this.#take(body as Uint8Array),
    receive: (handle) => {
      this.#handle = handle
    },
    close: () => Promise.resolve(),
  })

  /** Writes the answers to the client's next publications, of which the first has this number. */
  expect(first: number): void {
    this.#asked = 0
    this.#answered = 0
    this.#answers = Array.from({ length: BODIES }, (_, body) => {
      const numbers = Array.from({ length: BODY }, (__, at) => first + body * BODY + at)
      return encodeReplies(
        numbers.map((number) => this.#reply(number)),
        true,
      )
    })
  }

  #reply(number: number): Reply {
    const operation = { clock: number + 1_000_000, ...STREAM, seq: number }
    const id = `${this.prefix}-${number.toString(36)}`
    const { clock } = operation
    return { service: 'publish', id, clock, timestamp: Date.now(), data: { status: 'ok', operation } }
  }

  #take(body: Uint8Array): boolean {
    const [head = 0, high = 0, low = 0] = body
    if (head === 0xdc) this.#asked += high * 256 + low
    else if (head >>> 4 === 0x9) this.#asked += head & 0x0f
    else return this.#serve(decode(body, PEER_LIMITS) as Request)
    setImmediate(() => this.#answer())
    return true
  }

  #answer(): void {
    if (this.#asked < (this.#answered + 1) * BODY) return
    const answer = this.#answers[this.#answered++]
    if (answer !== undefined) this.#handle([EMPTY, answer])
  }

  /** What is not a publication: a login, or a question about history. */
  #serve({ service, id }: Request): boolean {
    this.prefix = id.slice(0, id.lastIndexOf('-'))
    const data = { status: 'ok', messages: [], next: 'next', more: false } as const
    const reply = encodeReplies([{ service, id, clock: 1, timestamp: Date.now(), data }], false)
    setImmediate(() => this.#handle([EMPTY, reply]))
    return true
  }
}

/** A proxy whose frames are written before. */
class Proxy {
  hand: (topic: string, body: Uint8Array) => void = () => {}

  readonly open = (): Subscriber => ({
    subscribe() {},
    unsubscribe() {},
    receive: (hand) => {
      this.hand = hand
    },
    close: () => Promise.resolve(),
  })

  /** Frames of what one server publishes, beginning with this `seq`. */
  frames(first: number): Uint8Array[] {
    return Array.from({ length: FRAMES }, (_, frame) => {
      const seqs = Array.from({ length: FRAME }, (__, at) => first + frame * FRAME + at)
      const said = seqs.map((seq) => ({ operation: operationOf(seq), previous: seq - 1 }))
      // Written bodies share memory, and received ones do not.
      return Buffer.from(encodePublications(said))
    })
  }
}

function operationOf(seq: number): Operation {
  const id = `client-of-the-bench-${seq.toString(36)}`
  const said = { kind: 'publish', id, user: 'ada', target: CHANNEL, message: MESSAGE } as const
  return { ...STREAM, seq, clock: seq + 1_000_000, timestamp: Date.now(), ...said }
}

const broker = new Broker()
const proxy = new Proxy()
const client = new Client({
  time: systemTime(),
  timers: systemTimers,
  chance: seededChance(1),
  openDealer: broker.open,
  openSubscriber: proxy.open,
  deadlineMs: 60_000,
})

/** From the call of `publish` to its acknowledgement. */
class Publications implements Part {
  readonly what = 'publication'
  readonly count = BODIES * BODY
  /** The login was the first request. */
  #next = 2

  prepare(): () => Promise<void> {
    broker.expect(this.#next)
    this.#next += this.count
    return async () => {
      const lane = async (): Promise<void> => {
        for (let left = this.count / IN_FLIGHT; left > 0; left--) await client.publish(CHANNEL, MESSAGE)
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
    }
  }
}

/** From a frame of the proxy to the program's loop. */
class Deliveries implements Part {
  readonly what = 'delivery'
  readonly count = FRAMES * FRAME
  readonly #subscription: Subscription
  #next = 1
  #received = 0
  #all: () => void = () => {}

  constructor(subscription: Subscription) {
    this.#subscription = subscription
    void this.#read()
  }

  prepare(): () => Promise<void> {
    const frames = proxy.frames(this.#next)
    this.#next += this.count
    this.#received = 0
    return () => this.#hand(frames)
  }

  async #hand(frames: readonly Uint8Array[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#all = resolve
    for (const frame of frames) {
      proxy.hand(`channel/${CHANNEL}/`, frame)
      await new Promise(setImmediate)
    }
    await promise
  }

  async #read(): Promise<void> {
    for await (const { message } of this.#subscription) {
      if (message.length === MESSAGE.length && ++this.#received === this.count) this.#all()
    }
  }
}

client.setBrokers(['tcp://127.0.0.1:5555'])
client.setProxies(['tcp://127.0.0.1:5558'])
await client.login('ada')
const [runs = 10, rows = 0] = process.argv.slice(2).map(Number)
await printCost(new Publications(), runs, rows)
const subscription = client.subscribe(CHANNEL, { from: 'start' })
await subscription.ready
await printCost(new Deliveries(subscription), runs, rows)
await client.close()
