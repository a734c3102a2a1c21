import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { Impostor } from './impostor.ts'
import { curveOf, hear, type Spy } from './spies.ts'
import { metric } from './strangers.ts'

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

/** Servers speak through the proxy while messages come: whoever listens long enough has had much to hear. */
async function speaks(deadlineMs: number, server: Spy, times: number): Promise<void> {
  await until(deadlineMs, async () => {
    await client.publish('general', 'something to pass on')
    return server.topics.length >= times || `${server.topics.length} heard`
  })
}

describe('what servers say among themselves', () => {
  it('is heard by servers, at a port of their own', async () => {
    const { replica } = system.ports
    const server = hear(`tcp://127.0.0.1:${replica}`, curveOf(system, 'server', 'back'), [''])
    try {
      await speaks(10_000, server, 1)

      expect(new Set(server.topics)).toEqual(new Set(['servers']))
    } finally {
      server.close()
    }
  })

  it('is not heard by clients, whatever they subscribe to that would cover it', async () => {
    const { subscribers, replica } = system.ports
    const spies = ['replica', 'servers', 'r', 's', ''].map((prefix) => {
      return hear(`tcp://127.0.0.1:${subscribers}`, curveOf(system), [prefix])
    })
    const control = hear(`tcp://127.0.0.1:${replica}`, curveOf(system, 'server', 'back'), [''])
    try {
      await speaks(30_000, control, 6)

      expect(spies.map(({ topics }) => topics)).toEqual(spies.map(() => []))
    } finally {
      for (const each of [...spies, control]) each.close()
    }
  })
})

describe("who claims a server's name at the clients' port", () => {
  it('is refused, is asked nothing, and keeps no server from its work', async () => {
    const impostor = new Impostor(system.brokerAddress, curveOf(system), {
      name: 'server-1',
      cluster: 'default/recado',
    })
    try {
      await until(10_000, () => impostor.answers.length >= 4 || `${impostor.answers.length} answers`)
      for (let number = 0; number < 30; number++) await client.publish('general', `text ${number}`)

      expect(impostor.passed).toBe(false)
      for (const answer of impostor.answers) {
        expect(answer).toMatchObject({ data: { status: 'error', code: 'bad_request' } })
      }
      expect(await metric(system, 'broker', 'recado_broker_servers')).toBe(3)
    } finally {
      impostor.close()
    }
  })

  it("is understood at the servers' port, with a server's keys", async () => {
    const address = `tcp://127.0.0.1:${system.ports.servers}`
    const of = { name: 'server-9', cluster: 'another/cluster' }
    const server = new Impostor(address, curveOf(system, 'server', 'back'), of)
    try {
      await until(10_000, () => server.answers.length > 0 || 'no answer')

      expect(server.answers[0]).toMatchObject({ kind: 'refused' })
    } finally {
      server.close()
    }
  })
})
