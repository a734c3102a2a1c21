import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as zmq from 'zeromq'
import { parseCertificate, parseKeyList } from '../../src/keys/index.ts'
import type { KeyPair, Pass } from '../../src/ports/index.ts'
import type { TestSystem } from '../support/system.ts'

const CLIENT = 'clients/local'
/** Longer than a handshake and its interval take. */
const OUTCOME_MS = 5000

const TYPES = { dealer: zmq.Dealer, publisher: zmq.Publisher, subscriber: zmq.Subscriber }

/** Where one connects, and with which type of socket. */
export interface Door {
  readonly address: string
  readonly type: keyof typeof TYPES
}

/** A port, and whose key opens it. */
export interface Port extends Door {
  readonly name: string
  readonly side: 'front' | 'back'
  readonly holder: string
}

export type Outcome = 'admitted' | 'refused' | 'no proof' | 'no answer'

/** How a connection with these keys, or in the clear, ends. Nothing is sent on it. */
export async function knock(
  { address, type }: Door,
  keys?: { pair: KeyPair; serverKey: string },
): Promise<Outcome> {
  const socket = new TYPES[type]({
    linger: 0,
    ...(keys !== undefined && {
      curvePublicKey: keys.pair.publicKey,
      curveSecretKey: keys.pair.secretKey,
      curveServerKey: keys.serverKey,
    }),
  })
  const outcome = Promise.withResolvers<Outcome>()
  const timer = setTimeout(() => outcome.resolve('no answer'), OUTCOME_MS)
  socket.events.on('handshake', () => outcome.resolve('admitted'))
  socket.events.on('handshake:error:auth', () => outcome.resolve('refused'))
  for (const event of ['handshake:error:protocol', 'handshake:error:other'] as const) {
    socket.events.on(event, () => outcome.resolve('no proof'))
  }
  socket.connect(address)
  try {
    return await outcome.promise
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}

/** The public key of a side of the system. */
export function serverKey(system: TestSystem, side: 'front' | 'back'): string {
  return parseKeyList(readFileSync(join(system.folder, 'keys', `${side}.keys`), 'utf8')).at(-1)?.key as string
}

/** The own pair of a role's processes, or of a client (`clients/NAME`). */
export function pairOf(system: TestSystem, holder: string): KeyPair {
  const text = readFileSync(join(system.folder, 'keys', holder, 'own.key_secret'), 'utf8')
  return parseCertificate(text) as KeyPair
}

/** What somebody shows who has these keys. */
export function passOf(system: TestSystem, holder: string, side: 'front' | 'back'): Pass {
  return { pair: pairOf(system, holder), trusted: [serverKey(system, side)], onChange: () => () => {} }
}

/** All ports of a system in secured mode. */
export function portsOf(system: TestSystem): Port[] {
  const { clients, servers, publishers, subscribers, replica, ref, operators, peers } = system.ports
  const port = (name: string, number: number, holder: string, type: Port['type'] = 'dealer'): Port => {
    const side = holder === CLIENT ? 'front' : 'back'
    return { name, address: `tcp://127.0.0.1:${number}`, side, holder, type }
  }
  return [
    port("the broker's clients' port", clients, CLIENT),
    port("the proxy's subscribers' port", subscribers, CLIENT, 'subscriber'),
    port("the broker's servers' port", servers, 'server'),
    port("the proxy's publishers' port", publishers, 'server', 'publisher'),
    port("the proxy's servers' port", replica, 'server', 'subscriber'),
    port("a server's peers' port", peers[0] as number, 'server'),
    port("ref's port", ref, 'server'),
    port("ref's operators' port", operators, 'operator'),
  ]
}

/** A metric of a process: the sum of all its lines that hold this text. */
export async function metric(system: TestSystem, name: string, text: string): Promise<number> {
  const { text: page } = await system.http(name, '/metrics')
  return page
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.includes(text))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
