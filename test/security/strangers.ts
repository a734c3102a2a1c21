import { readFileSync } from 'node:fs'
import { type Socket as TcpSocket, connect as tcpConnect } from 'node:net'
import { join } from 'node:path'
import * as zmq from 'zeromq'
import { parseCertificate, parseKeyList } from '../../src/keys/index.ts'
import type { KeyPair, Pass } from '../../src/ports/index.ts'
import { GREETING } from '../hostile/zmtp.ts'
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

/** Where the keys of a system lie as `recado keys` lays them out, in `keys` of this folder. */
export type Loot = Pick<TestSystem, 'folder'>

/** How a connection with these keys, with a password in the clear, or with nothing at all ends. Nothing is sent on it. */
export async function knock(
  { address, type }: Door,
  keys?: { pair: KeyPair; serverKey: string } | { user: string; password: string },
): Promise<Outcome> {
  const socket = new TYPES[type]({
    linger: 0,
    ...(keys !== undefined && optionsOf(keys)),
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

function optionsOf(keys: Exclude<Parameters<typeof knock>[1], undefined>): Readonly<Record<string, string>> {
  if ('user' in keys) return { plainUsername: keys.user, plainPassword: keys.password }
  const { pair, serverKey: curveServerKey } = keys
  return { curvePublicKey: pair.publicKey, curveSecretKey: pair.secretKey, curveServerKey }
}

/** The public key of a side of the system. */
export function serverKey(system: Loot, side: 'front' | 'back'): string {
  return parseKeyList(readFileSync(join(system.folder, 'keys', `${side}.keys`), 'utf8')).at(-1)?.key as string
}

/** The own pair of a role's processes, or of a client (`clients/NAME`). */
export function pairOf(system: Loot, holder: string): KeyPair {
  const text = readFileSync(join(system.folder, 'keys', holder, 'own.key_secret'), 'utf8')
  return parseCertificate(text) as KeyPair
}

/** What somebody shows who has these keys. */
export function passOf(system: Loot, holder: string, side: 'front' | 'back'): Pass {
  return { pair: pairOf(system, holder), trusted: [serverKey(system, side)], onChange: () => () => {} }
}

/** The ports of a system in secured mode, with those of one of its servers. */
export function portsOf(system: TestSystem, server = 0): Port[] {
  const { clients, servers, publishers, subscribers, replica, ref, operators, peers } = system.ports
  const local = (port: number | undefined): string => `tcp://127.0.0.1:${port}`
  return portsAt({
    clients: local(clients),
    subscribers: local(subscribers),
    servers: local(servers),
    publishers: local(publishers),
    replica: local(replica),
    peers: local(peers[server]),
    ref: local(ref),
    operators: local(operators),
  })
}

/** The ports of a broker, a proxy, a server and ref, by where they are: `tcp://host:port`. */
export function portsAt(at: Readonly<Record<Exclude<keyof TestSystem['ports'], 'http'>, string>>): Port[] {
  const port = (name: string, address: string, holder: string, type: Port['type'] = 'dealer'): Port => {
    return { name, address, side: holder === CLIENT ? 'front' : 'back', holder, type }
  }
  return [
    port("the broker's clients' port", at.clients, CLIENT),
    port("the proxy's subscribers' port", at.subscribers, CLIENT, 'subscriber'),
    port("the broker's servers' port", at.servers, 'server'),
    port("the proxy's publishers' port", at.publishers, 'server', 'publisher'),
    port("the proxy's servers' port", at.replica, 'server', 'subscriber'),
    port("a server's peers' port", at.peers, 'server'),
    port("ref's port", at.ref, 'server'),
    port("ref's operators' port", at.operators, 'operator'),
  ]
}

/** Those of these holders whom a port must refuse. */
export function strangersTo({ name, holder }: Port): string[] {
  return [CLIENT, 'server', 'operator', 'broker'].filter((each) => {
    return each !== holder && !(name === "ref's port" && each === 'broker')
  })
}

/** Connects to a port of a host and sends the first bytes of a CURVE handshake and nothing more. */
export function greet(port: number, host = '127.0.0.1'): Promise<TcpSocket> {
  const greeting = Buffer.from(GREETING)
  greeting.write('CURVE'.padEnd(20, '\0'), 12, 'latin1')
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ port, host }, () => {
      socket.write(greeting)
      socket.resume()
      resolve(socket)
    })
    socket.on('error', (error) => {
      socket.destroy()
      reject(error)
    })
  })
}

/** A metric of a process: the sum of all its lines that hold this text. */
export async function metric(system: TestSystem, name: string, text: string): Promise<number> {
  const { text: page } = await system.http(name, '/metrics')
  return sumOf(page, text)
}

/** The sum of all lines of a page of metrics that hold this text. */
export function sumOf(page: string, text: string): number {
  return page
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.includes(text))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
