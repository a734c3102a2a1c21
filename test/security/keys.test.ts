import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { makeClient, ROTATED, revokeKey, rotateKeys } from '../../src/cli/keys/index.ts'
import { type Client, connect } from '../../src/client/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { historyOf } from './spies.ts'
import { knock, metric, pairOf, portsOf, serverKey } from './strangers.ts'

const TEST_MS = 120_000
/** Until every process has looked at its keys. */
const READ_MS = 2500

const open: { close(): Promise<void> | void }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

async function secured(): Promise<TestSystem> {
  const system = await startSystem({ secured: true })
  open.push({ close: () => system.stop() })
  await system.ready()
  return system
}

async function clientOf(system: TestSystem, keysDir: string, user: string): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy } = system
  const client = await connect({ broker, proxy, keysDir, user, timeoutMs: 15_000 })
  open.push(client)
  return client
}

/** Publishes one after the other until stopped: how many, what failed, and the longest that one took in ms. */
function publishing(client: Client) {
  const texts: string[] = []
  const failures: unknown[] = []
  let longest = 0
  const stopping = new AbortController()
  const done = (async () => {
    for (let number = 0; !stopping.signal.aborted; number++) {
      const began = performance.now()
      try {
        await client.publish('general', `text ${number}`)
        texts.push(`text ${number}`)
      } catch (error) {
        failures.push(error)
      }
      longest = Math.max(longest, performance.now() - began)
      await delay(5)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await done
      return { texts, failures, longest }
    },
  }
}

describe("a client's key", () => {
  it(
    'that is made while the system runs is admitted, and its connections end when it is revoked, nobody else for long',
    async () => {
      const system = await secured()
      const keys = join(system.folder, 'keys')
      const folder = makeClient(keys, 'eve')
      await delay(READ_MS)
      const honest = await clientOf(system, system.keysDir as string, 'ana')
      await honest.createChannel('general')
      const eve = await clientOf(system, folder, 'eve')
      await eve.publish('general', 'from eve')
      const evesPair = pairOf(system, 'clients/eve')
      const load = publishing(honest)

      revokeKey(keys, 'client', 'eve')
      const revokedAt = performance.now()
      await until(10_000, async () => {
        return (
          (await metric(system, 'broker', 'port="clients",result="unknown_key"')) > 0 || 'still connected'
        )
      })
      const tookMs = performance.now() - revokedAt
      await expect(eve.publish('general', 'again', { timeoutMs: 2000 })).rejects.toMatchObject({
        code: 'unavailable',
      })
      const [door] = portsOf(system)
      expect(await knock(door as never, { pair: evesPair, serverKey: serverKey(system, 'front') })).toBe(
        'refused',
      )

      const { texts, failures, longest } = await load.stop()
      console.info(
        `revoked within ${Math.round(tookMs)} ms; honest: ${texts.length} published, at most ${Math.round(longest)} ms`,
      )
      expect(failures).toEqual([])
      expect(longest).toBeLessThan(3000)
      const held = new Set(await historyOf(honest, 'general'))
      expect(texts.filter((text) => !held.has(text))).toEqual([])
      expect(system.log('broker')).toContain('"audit":"revoked","port":"clients","key_name":"eve"')
    },
    TEST_MS,
  )
})

describe('the rotation of every key under load', () => {
  it(
    'loses nothing that was acknowledged, and makes nobody wait for 3 seconds',
    async () => {
      const system = await secured()
      const client = await clientOf(system, system.keysDir as string, 'ana')
      await client.createChannel('general')
      const before = Object.fromEntries(
        ['broker', 'proxy', 'server', 'operator'].map((holder) => [holder, pairOf(system, holder).publicKey]),
      )
      const fronts = serverKey(system, 'front')
      const load = publishing(client)

      for (const what of ROTATED) await rotateKeys(join(system.folder, 'keys'), what, () => delay(READ_MS))
      await delay(READ_MS)

      const { texts, failures, longest } = await load.stop()
      console.info(
        `${texts.length} published during ${ROTATED.length} rotations, at most ${Math.round(longest)} ms`,
      )
      expect(failures).toEqual([])
      expect(longest).toBeLessThan(3000)
      const held = new Set(await historyOf(client, 'general'))
      expect(texts.filter((text) => !held.has(text))).toEqual([])
      for (const [holder, key] of Object.entries(before))
        expect(pairOf(system, holder).publicKey).not.toBe(key)
      expect(serverKey(system, 'front')).not.toBe(fronts)
      await system.ready()
    },
    TEST_MS,
  )
})
