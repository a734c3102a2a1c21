import type { Chance } from '../../src/ports/index.ts'
import { encode } from '../../src/wire/index.ts'

/** What hostile strangers send. The same chance gives the same bytes. */
export class Hostile {
  readonly #chance: Chance

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** A message of frames, most of them near to what a port expects. */
  message(): Uint8Array[] {
    switch (this.#below(8)) {
      case 0:
        return [...this.#frames(this.#below(20) + 1)]
      case 1:
        return [this.body()]
      case 2:
        return [this.body(), this.body()]
      case 3:
        return [Buffer.from(this.#of(TOPICS)), this.body()]
      case 4:
        return [Buffer.alloc(0), this.body(), this.body()]
      case 5:
        return [encode(this.#altered(this.#of(HEADS))), this.body()]
      default:
        return [Buffer.alloc(0), this.body()]
    }
  }

  /** A subscription, or what a subscriber should never say. */
  subscription(): Uint8Array[] {
    const topic = this.#chance.next() < 0.5 ? Buffer.from(this.#of(TOPICS)) : this.#random(this.#below(900))
    return [Buffer.concat([Buffer.from([this.#of([0, 1, 1, 1, 2, 255])]), topic])]
  }

  /** One frame. */
  body(): Uint8Array {
    switch (this.#below(9)) {
      case 0:
        return this.#random(this.#below(2000))
      case 1:
        return Buffer.concat([Buffer.from(this.#of(HUGE)), this.#random(this.#below(30))])
      case 2:
        return Buffer.alloc(this.#below(100_000) + 10, this.#of([0x91, 0x81, 0xdc, 0xdf]))
      case 3: {
        const whole = encode(this.#of(SAMPLES))
        return whole.subarray(0, this.#below(whole.byteLength))
      }
      case 4:
        return encode(this.#value(4))
      case 5:
        return Buffer.from(this.#of(ODD))
      case 6:
        return encode(Array.from({ length: this.#below(50) }, () => this.#altered(this.#of(SAMPLES))))
      case 7: {
        const bytes = Buffer.from(encode(this.#of(SAMPLES)))
        bytes[this.#below(bytes.byteLength)] = this.#below(256)
        return bytes
      }
      default:
        return encode(this.#altered(this.#of(SAMPLES)))
    }
  }

  /** What is written to a TCP connection by someone who does not speak the port's protocol, or only begins to. */
  raw(): Buffer {
    switch (this.#below(7)) {
      case 0:
        return this.#random(this.#below(4000))
      case 1:
        return Buffer.from(`GET /${'a'.repeat(this.#below(20_000))} HTTP/1.1\r\nHost: x\r\n\r\n`)
      case 2:
        return Buffer.from('POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nabc')
      case 3:
        return GREETING.subarray(0, this.#below(GREETING.byteLength))
      case 4:
        return Buffer.concat([GREETING, this.#random(this.#below(500))])
      case 5:
        // A frame that says it has nearly 2^63 bytes.
        return Buffer.concat([zmtp('DEALER', []), Buffer.from([2, 0x7f, ...Array<number>(7).fill(0xff)])])
      default:
        return Buffer.concat([zmtp('DEALER', [this.message()]), Buffer.from([1, 200]), this.#random(10)])
    }
  }

  #below(end: number): number {
    return Math.floor(this.#chance.next() * end)
  }

  #of<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)] as Value
  }

  #random(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#below(256)))
  }

  *#frames(count: number): Iterable<Uint8Array> {
    for (let index = 0; index < count; index++)
      yield this.#chance.next() < 0.5 ? new Uint8Array() : this.body()
  }

  #value(depth: number): unknown {
    const plain = [
      null,
      true,
      -1,
      2 ** 53,
      1.5,
      Number.NaN,
      '',
      'a'.repeat(300),
      '\u0000/..',
      new Uint8Array(3),
    ]
    const kind = depth === 0 ? 9 : this.#below(10)
    if (kind === 0) return Array.from({ length: this.#below(5) }, () => this.#value(depth - 1))
    if (kind === 1)
      return { [this.#of(KEYS)]: this.#value(depth - 1), [this.#of(KEYS)]: this.#value(depth - 1) }
    return this.#of(plain)
  }

  /** The same with one key's value of another kind, or gone, here or further in. */
  #altered(sample: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const key = this.#of(Object.keys(sample))
    const value = sample[key]
    const inner = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (inner && Object.keys(value).length > 0 && this.#chance.next() < 0.7) {
      return { ...sample, [key]: this.#altered(value as Record<string, unknown>) }
    }
    const { [key]: _gone, ...rest } = sample
    return this.#chance.next() < 0.2 ? rest : { ...rest, [key]: this.#value(2) }
  }
}

/** All bytes of a connection that speaks ZMTP 3.0: greeting, READY as this type of socket, messages. */
export function zmtp(type: 'DEALER' | 'PUB' | 'SUB', messages: readonly (readonly Uint8Array[])[]): Buffer {
  const property = [Buffer.from('\x0bSocket-Type'), Buffer.from([0, 0, 0, type.length]), Buffer.from(type)]
  const ready = Buffer.concat([Buffer.from('\x05READY'), ...property])
  const parts = [GREETING, Buffer.from([4, ready.byteLength]), ready]
  for (const frames of messages) {
    frames.forEach((frame, index) => {
      const head = Buffer.alloc(9)
      head[0] = index < frames.length - 1 ? 3 : 2
      head.writeBigUInt64BE(BigInt(frame.byteLength), 1)
      parts.push(head, Buffer.from(frame))
    })
  }
  return Buffer.concat(parts)
}

const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
])

const KEYS = [
  'service',
  'data',
  'kind',
  '__proto__',
  'constructor',
  'toString',
  'user',
  'clock',
  'length',
  '',
]
const TOPICS = ['replica', 'servers', 'channel/general/', 'user/ana/', 'channel/../', 'channel//', 'x', '']

/** Headers of arrays, maps, strings and binaries with four billion elements or bytes, and of an extension. */
const HUGE = [0xdd, 0xdf, 0xdb, 0xc6, 0xc9].map((head) => [head, 0xff, 0xff, 0xff, 0xff])

/** Extensions, integers beyond 2^53, keys that are no strings, a key twice, text that is no UTF-8, the reserved byte. */
const ODD = [
  [0xd4, 1, 1],
  [0xd6, 0xff, 1, 2, 3, 4],
  [0xc7, 12, 0xff, ...Array<number>(12).fill(0xff)],
  [0xcf, ...Array<number>(8).fill(0xff)],
  [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0x81, 0xa5, ...Buffer.from('clock'), 0xcf, ...Array<number>(8).fill(0xff)],
  [0x82, 0xc0, 1, 0x90, 2],
  [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2],
  [0xa3, 0xff, 0xfe, 0x80],
  [0xc1],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
]

const ENVELOPE = { id: 'hostile', clock: 1, timestamp: 1_800_000_000_000 }

/** What each port would take if the names were known to it. */
const SAMPLES: Readonly<Record<string, unknown>>[] = [
  ...['login', 'users', 'channel', 'channels', 'publish', 'message', 'history', 'status'].map((service) => ({
    ...ENVELOPE,
    service,
    data: {
      user: 'stranger',
      channel: 'general',
      to: 'nobody',
      message: 'x',
      limit: 5,
      acks: 'one',
      seen: {},
    },
  })),
  ...['rank', 'list', 'heartbeat', 'members'].map((service) => ({
    ...ENVELOPE,
    service,
    data: {
      cluster: 'default/other',
      name: 'stranger',
      role: 'server',
      address: 'tcp://127.0.0.1:1',
      pods: [],
    },
  })),
]

/** Heads of our own processes' messages, from a stranger of another cluster. */
const HEADS: Readonly<Record<string, unknown>>[] = [
  { kind: 'ready', cluster: 'default/other', name: 'stranger', incarnation: 1, session: 1, credit: 10 },
  { kind: 'replies', tags: [1, 2, 3], lengths: [1, 1, 1] },
  { kind: 'requests', session: 1, tags: [1], connections: [1], lengths: [9] },
  { kind: 'beat', registered: false },
  { kind: 'bye' },
  {
    kind: 'heads',
    cluster: 'default/other',
    from: 'stranger',
    incarnation: 1,
    durable: {},
    have: {},
    epoch: 0,
  },
  { kind: 'fetch', cluster: 'default/other', from: 'stranger', origin: 'server-1', incarnation: 1, after: 0 },
  {
    origin: 'stranger',
    incarnation: 1,
    first: 1,
    clocks: [1],
    timestamps: [1],
    kinds: [0],
    ids: ['1'],
    crc: 0,
  },
]
