import type { Chance } from '../../src/ports/index.ts'
import { isForgery, ofAnother } from './forgery.ts'
import { Mutator, WAYS, type Way } from './mutation.ts'
import { LEAVE, OWN_CLUSTER, type PortKind, READ, REGISTRATION, SAMPLES } from './samples.ts'
import { framed, GREETING, RawConnection, ready, type SocketType } from './zmtp.ts'

/** A port of one process. */
export interface Target {
  readonly kind: PortKind | 'http'
  readonly port: number
  /** At the broker's port for servers: where clients connect. Then strangers register themselves there, and are given requests. */
  readonly clients?: number
}

/** What one port got. */
export interface Sent {
  /** By the way in which it was changed; `raw` is what is no message at all. */
  readonly ways: Partial<Record<Way | 'raw', number>>
  /** Messages that differ from the valid one that they were made of, be it this cluster's or another's. */
  readonly changed: number
  /** Those of them that name the attacked cluster, so that they are read to their end. */
  readonly own: number
}

const MESSAGES_EACH = 100
/** Written at once; a message that gets the connection cut off takes the rest of its portion with it. */
const PORTION = 4
/** Of a client, for the stranger who is registered as a server. */
const REQUESTS = 20
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
  const mutator = new Mutator(chance)
  const { kind, port } = target
  const sent = { ways: {} as Record<string, number>, changed: 0, own: 0 }
  let number = kind === 'http' ? 0 : await malform({ ...target, kind }, messages - SCRAWLS, mutator, sent)
  while (number < messages) {
    const some = Math.min(SCRAWLS_AT_ONCE, messages - number)
    await Promise.all(Array.from({ length: some }, (_, index) => scribble(kind, port, mutator, index === 0)))
    sent.ways['raw'] = (sent.ways['raw'] ?? 0) + some
    number += some
  }
  return sent
}

/** Counts in `sent` what was written while the connection stayed open; how many that were. */
async function malform(
  target: Target & { kind: PortKind },
  messages: number,
  mutator: Mutator,
  sent: { ways: Record<string, number>; changed: number; own: number },
): Promise<number> {
  let [number, made] = [0, 0]
  while (number < messages) {
    const raw = await RawConnection.open(target.port)
    await raw.greet(SOCKETS[target.kind])
    const client = target.clients === undefined ? undefined : await ask(raw, target.clients)
    for (let count = 0; count < MESSAGES_EACH && raw.isOpen && number < messages; count += PORTION) {
      const portion = Array.from({ length: PORTION }, () => messageFor(target.kind, made++, mutator))
      // Any of them may have ended the registration.
      const before = client === undefined ? [] : [framed(REGISTRATION)]
      await raw.write(Buffer.concat([...before, ...portion.map(({ bytes }) => bytes)]))
      if (!raw.isOpen) break
      number += PORTION
      for (const { way, bytes, changed } of portion) {
        sent.ways[way] = (sent.ways[way] ?? 0) + 1
        if (!changed) continue
        sent.changed++
        if (bytes.includes(OWN_CLUSTER)) sent.own++
      }
    }
    if (client !== undefined) await raw.write(framed(LEAVE))
    await Promise.all([raw.end(), client?.end()])
  }
  return number
}

/** Registers the connection at the broker as a server, and has clients that ask it. */
async function ask(raw: RawConnection, clients: number): Promise<RawConnection> {
  const client = await RawConnection.open(clients)
  await Promise.all([raw.write(framed(REGISTRATION)), client.greet(SOCKETS.clients)])
  await client.write(Buffer.concat(Array.from({ length: REQUESTS }, () => framed(READ))))
  return client
}

/**
 * Each sample of the port in each way, again and again. What would be a well-formed forgery is made another cluster's,
 * or, where no cluster is named, changed until it is none.
 */
export function messageFor(
  kind: PortKind,
  number: number,
  mutator: Mutator,
): { way: Way; frames: readonly Uint8Array[]; bytes: Buffer; changed: boolean } {
  const samples = SAMPLES[kind]
  const { parts } = samples[number % samples.length] as (typeof samples)[number]
  let way = WAYS[Math.floor(number / samples.length) % WAYS.length] as Way
  let frames = mutator.message(parts, way)
  if (isForgery(kind, frames)) frames = ofAnother(frames)
  // What stays well-formed however it is cut short is replaced by what is no message.
  for (let tries = 0; isForgery(kind, frames); tries++) {
    way = 'truncated'
    frames = tries < 20 ? mutator.message(parts, way) : [mutator.bytes(20)]
  }
  const bytes = framed(frames)
  const valid = mutator.message(parts, 'none')
  const changed = !bytes.equals(framed(valid)) && !bytes.equals(framed(ofAnother(valid)))
  return { way, frames, bytes, changed }
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
