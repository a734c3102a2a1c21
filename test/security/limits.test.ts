import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, connect } from '../../src/client/index.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { metric } from './strangers.ts'

const TEST_MS = 60_000
const SERVERS = ['server-1', 'server-2', 'server-3']

let system: TestSystem
let ana: Client
let rui: Client

beforeAll(async () => {
  system = await startSystem({
    secured: true,
    env: { USER_CHANNELS: '3', USER_BYTES_PER_SECOND: '10000' },
  })
  await system.ready()
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  const clientOf = (user: string): Promise<Client> =>
    connect({ broker, proxy, keysDir: keysDir as string, user, timeoutMs: 3000 })
  ana = await clientOf('ana')
  rui = await clientOf('rui')
}, TEST_MS)

afterAll(async () => {
  await ana?.close()
  await rui?.close()
  await system?.stop()
})

describe('a user beyond its limit', () => {
  it('creates no more channels, and others do', async () => {
    for (const name of ['a1', 'a2', 'a3']) await ana.createChannel(name)

    await expect(ana.createChannel('a4')).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('limit: channels'),
    })
    for (const name of ['a1', 'a2', 'a3']) await ana.createChannel(name)
    await rui.createChannel('r1')
  })

  it(
    'waits with what it says, and others do not',
    async () => {
      const large = 'x'.repeat(9000)
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => ana.publish('a1', large)))
      const began = performance.now()
      await rui.publish('r1', 'small')
      const counts = await Promise.all(
        SERVERS.map((name) => metric(system, name, 'recado_denied_total{reason="limit"}')),
      )

      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(1)
      expect(outcomes).toContainEqual({
        status: 'rejected',
        reason: expect.objectContaining({
          code: 'overloaded',
          message: expect.stringContaining('limit: bytes a second'),
        }),
      })
      expect(performance.now() - began).toBeLessThan(1000)
      expect(counts.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(1)
    },
    TEST_MS,
  )
})
