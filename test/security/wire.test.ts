import { afterEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/client/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { Relay } from './relay.ts'

const TEST_MS = 60_000
/** More than the handshakes of both modes up to where a peer may say something. */
const SEEN_BYTES_MIN = 500
const WORDS = ['secretuser', 'secretchannel', 'secretmessage']
const BETWEEN = ['default/recado', 'server-1']

const open: { close(): void | Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

/** Says something through relays that listen to a client, and to all that one server says. */
async function overheard(secured: boolean): Promise<{ ofClient: Relay[]; ofServer: Relay[] }> {
  const relays = await Promise.all(Array.from({ length: 6 }, () => Relay.open()))
  const [broker, proxy, toBroker, toProxy, toRef, toPeer] = relays as [
    Relay,
    Relay,
    Relay,
    Relay,
    Relay,
    Relay,
  ]
  const heard = await Relay.open()
  open.push(...relays, heard)
  const system: TestSystem = await startSystem({
    secured,
    env: (name) =>
      name === 'server-1'
        ? {
            BROKERS: toBroker.address,
            PROXIES: `${toProxy.address}/${heard.port}`,
            REF: toRef.address,
            PEERS: `server-2=${toPeer.address}`,
          }
        : {},
  })
  open.push({ close: () => system.stop() })
  const { ports } = system
  const lead = (relay: Relay, port: number | undefined): void => {
    relay.to = `tcp://127.0.0.1:${port}`
  }
  lead(broker, ports.clients)
  lead(proxy, ports.subscribers)
  lead(toBroker, ports.servers)
  lead(toProxy, ports.publishers)
  lead(heard, secured ? ports.replica : ports.subscribers)
  lead(toRef, ports.ref)
  lead(toPeer, ports.peers[1])
  await system.ready()
  const { keysDir } = system
  const client = await connect({
    broker: broker.address,
    proxy: proxy.address,
    user: 'secretuser',
    ...(keysDir !== undefined && { keysDir }),
  })
  await client.createChannel('secretchannel')
  const received: unknown[] = []
  const subscription = client.subscribe('secretchannel', { from: 'start' })
  void (async () => {
    for await (const { message } of subscription) received.push(message)
  })()
  for (let number = 0; number < 30; number++) await client.publish('secretchannel', `secretmessage ${number}`)
  await until(10_000, () => received.length === 30 || `${received.length} received`)
  // Not of the link to the peer: ref tells the peer's own address, and what then goes there does not pass by.
  const passedBy = [broker, proxy, toBroker, toProxy, heard, toRef]
  // On a busy machine a link may still be at its handshake.
  await until(
    20_000,
    () =>
      passedBy.every(({ seen }) => seen.byteLength >= SEEN_BYTES_MIN) ||
      `seen: ${passedBy.map(({ seen }) => seen.byteLength).join(' ')}`,
  )
  await client.close()
  return { ofClient: [broker, proxy], ofServer: [toBroker, toProxy, heard, toRef, toPeer] }
}

const found = (relays: readonly Relay[], words: readonly string[]): string[] =>
  words.filter((word) => relays.some(({ seen }) => seen.includes(word)))

describe('who reads what passes', () => {
  it(
    'sees names and messages in open mode',
    async () => {
      const { ofClient, ofServer } = await overheard(false)

      expect(found(ofClient, WORDS)).toEqual(WORDS)
      expect(found(ofServer, BETWEEN)).toEqual(BETWEEN)
    },
    TEST_MS,
  )

  it(
    'sees neither names nor messages in secured mode',
    async () => {
      const { ofClient, ofServer } = await overheard(true)

      expect(found(ofClient, WORDS)).toEqual([])
      expect(found(ofServer, BETWEEN)).toEqual([])
    },
    TEST_MS,
  )
})
