import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { curveOf, hear } from './spies.ts'

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

describe('what servers say among themselves', () => {
  it('is heard by servers, at a port of their own', async () => {
    const { replica } = system.ports
    const server = hear(`tcp://127.0.0.1:${replica}`, curveOf(system, 'server', 'back'), [''])
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
      return hear(`tcp://127.0.0.1:${subscribers}`, curveOf(system), [prefix])
    })
    const control = hear(`tcp://127.0.0.1:${replica}`, curveOf(system, 'server', 'back'), [''])
    try {
      // Five rounds of what servers say by the proxy each second.
      await until(20_000, () => control.topics.length >= 15 || `${control.topics.length} heard`)

      expect(spies.map(({ topics }) => topics)).toEqual(spies.map(() => []))
    } finally {
      for (const each of [...spies, control]) each.close()
    }
  })
})
