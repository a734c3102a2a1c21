import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import type { Client } from '../../src/client/index.ts'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { passOf } from './strangers.ts'

const TEST_MS = 60_000

let system: TestSystem
let client: Client

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  client = await connectTo(system, 'ana')
  await client.createChannel('general')
}, TEST_MS)

afterAll(async () => {
  await client?.close()
  await system?.stop()
})

/** Hears all that a proxy's port gives to who asks for this, as a plain SUB socket; the topics. */
function hear(port: number, holder: string, side: 'front' | 'back', prefix: string) {
  const { pair, trusted } = passOf(system, holder, side)
  const socket = new zmq.Subscriber({
    linger: 0,
    curvePublicKey: pair.publicKey,
    curveSecretKey: pair.secretKey,
    curveServerKey: trusted[0] as string,
  })
  const topics: string[] = []
  socket.connect(`tcp://127.0.0.1:${port}`)
  socket.subscribe(prefix)
  void (async () => {
    for await (const [topic] of socket) topics.push(String(topic))
  })().catch(() => {})
  return { topics, close: () => socket.close() }
}

describe('what servers say among themselves', () => {
  it('is heard by servers, at a port of their own', async () => {
    const { replica } = system.ports
    const server = hear(replica, 'server', 'back', '')
    try {
      await until(10_000, () => server.topics.includes('servers') || 'nothing heard')

      expect(new Set(server.topics)).toEqual(new Set(['servers']))
    } finally {
      server.close()
    }
  })

  it('is not heard by clients, whatever they subscribe to that would cover it', async () => {
    const { subscribers, replica } = system.ports
    const spies = ['replica', 'servers', 'r', 's', ''].map((prefix) => {
      return hear(subscribers, 'clients/local', 'front', prefix)
    })
    const control = hear(replica, 'server', 'back', '')
    try {
      // Five rounds of what servers say by the proxy each second.
      await until(20_000, () => control.topics.length >= 15 || `${control.topics.length} heard`)

      expect(spies.map(({ topics }) => topics)).toEqual(spies.map(() => []))
    } finally {
      for (const each of [...spies, control]) each.close()
    }
  })
})
