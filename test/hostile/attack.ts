import type { Chance } from '../../src/ports/index.ts'
import { isForgery } from './forgery.ts'
import { Mutator, WAYS, type Way } from './mutation.ts'
import { type PortKind, SAMPLES } from './samples.ts'
import { framed, GREETING, RawConnection, ready, type SocketType } from './zmtp.ts'

/** A port of one process. */
export interface Target {
  readonly kind: PortKind | 'http'
  readonly port: number
}

/** What was sent to one port, by the way in which it was changed; `raw` is what is no message at all. */
export type Sent = Map<Way | 'raw', number>

const MESSAGES_EACH = 100
/** Written at once; a message that gets the connection cut off takes the rest of its portion with it. */
const PORTION = 4
/** Connections that speak no protocol of ours, among the messages of a port. */
const SCRAWLS = 120
const SCRAWLS_AT_ONCE = 40
/** One of those at once stays open so long, saying nothing more. */
const STAYS_MS = 200

const SOCKETS: Readonly<Record<PortKind, SocketType>> = {
  clients: 'DEALER',
  servers: 'DEALER',
  publishers: 'PUB',
  subscribers: 'SUB',
  ref: 'DEALER',
  peers: 'DEALER',
}

/** Sends so many messages to a port, over many connections, every kind of message in every way in turn. */
export async function attack(target: Target, messages: number, chance: Chance): Promise<Sent> {
  const sent: Sent = new Map()
  const mutator = new Mutator(chance)
  const { kind, port } = target
  const sensible = kind === 'http' ? 0 : messages - SCRAWLS
  let number = 0
  while (number < sensible) {
    const raw = await RawConnection.open(port)
    await raw.greet(SOCKETS[kind as PortKind])
    for (let count = 0; count < MESSAGES_EACH && raw.isOpen && number < sensible; count += PORTION) {
      const portion: Buffer[] = []
      for (let index = 0; index < PORTION; index++)
        portion.push(next(kind as PortKind, number++, mutator, sent))
      await raw.write(Buffer.concat(portion))
    }
    await raw.end()
  }
  while (number < messages) {
    const some = Math.min(SCRAWLS_AT_ONCE, messages - number)
    await Promise.all(Array.from({ length: some }, (_, index) => scribble(kind, port, mutator, index === 0)))
    sent.set('raw', (sent.get('raw') ?? 0) + some)
    number += some
  }
  return sent
}

/** Each sample of the port in each way, again and again; those that would be well-formed forgeries are made anew. */
function next(kind: PortKind, number: number, mutator: Mutator, sent: Sent): Buffer {
  const samples = SAMPLES[kind]
  const sample = samples[number % samples.length] as (typeof samples)[number]
  const way = WAYS[Math.floor(number / samples.length) % WAYS.length] as Way
  let frames = mutator.message(sample.parts, way)
  while (isForgery(kind, frames)) frames = mutator.message(sample.parts, 'truncated')
  sent.set(way, (sent.get(way) ?? 0) + 1)
  return framed(frames)
}

/** A connection that speaks another protocol than the port's, or stops in the middle of the port's own. */
async function scribble(kind: Target['kind'], port: number, mutator: Mutator, stays: boolean): Promise<void> {
  const raw = await RawConnection.open(port)
  await raw.write(kind === 'http' ? http(mutator) : scrawl(mutator, SOCKETS[kind]))
  await raw.end(stays ? STAYS_MS : 50)
}

function scrawl(mutator: Mutator, type: SocketType): Buffer {
  switch (mutator.below(9)) {
    case 0:
      return mutator.bytes(mutator.below(4000))
    case 1:
      return http(mutator)
    case 2:
      return GREETING.subarray(0, mutator.below(GREETING.byteLength))
    case 3:
      return Buffer.concat([GREETING, mutator.bytes(mutator.below(500))])
    case 4:
      // A frame that says it has nearly 2^63 bytes.
      return Buffer.concat([GREETING, ready(type), Buffer.from([2, 0x7f, ...Array<number>(7).fill(0xff)])])
    case 5:
      // A message of a thousand frames that never ends.
      return Buffer.concat([GREETING, ready(type), Buffer.alloc(2000, Buffer.from([1, 0]))])
    case 6:
      return Buffer.concat([GREETING, ready(type).subarray(0, mutator.below(30))])
    case 7:
      // A command that is none, and PING with more context than is allowed.
      return Buffer.concat([
        GREETING,
        ready(type),
        Buffer.from([4, 5, 4, ...Buffer.from('NONE')]),
        mutator.bytes(60),
      ])
    default:
      return Buffer.concat([
        GREETING,
        ready(type),
        framed([mutator.bytes(20)]),
        Buffer.from([1, 200]),
        mutator.bytes(10),
      ])
  }
}

function http(mutator: Mutator): Buffer {
  switch (mutator.below(8)) {
    case 0:
      return Buffer.from(`GET /${'a'.repeat(mutator.below(20_000))} HTTP/1.1\r\nHost: x\r\n\r\n`)
    case 1:
      return Buffer.from('POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nabc')
    case 2:
      return Buffer.from(
        'GET /readyz?verbose HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
      )
    case 3:
      return Buffer.from(`GET /livez HTTP/1.1\r\n${'X-Y: z\r\n'.repeat(mutator.below(900))}`)
    case 4:
      return Buffer.from('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1 + mutator.below(50)))
    case 5:
      return Buffer.from(
        'CONNECT x:1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
      )
    case 6:
      return Buffer.from(`GET //%00%ff/../..?${'&'.repeat(mutator.below(500))} HTTP/1.0\r\n\r\n`)
    default:
      return mutator.bytes(mutator.below(3000))
  }
}
