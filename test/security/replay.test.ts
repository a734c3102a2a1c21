import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { playAgain, WAYS_TO_PLAY } from './player.ts'
import { Relay } from './relay.ts'
import { historyOf } from './spies.ts'
import { metric } from './strangers.ts'

const TEST_MS = 60_000
const COUNTED_MS = 15_000
/** Longer than between any two heartbeats of ZMTP. */
const HEARTBEATS_MS = 6000
/** Of one server the first five, of those that reach another the last; and who counts what comes at which port. */
const LINKS = {
  "the broker's servers' port": ['broker', 'servers'],
  "the proxy's publishers' port": ['proxy', 'servers'],
  "the proxy's servers' port": ['proxy', 'servers'],
  "ref's port": ['ref', 'ref'],
  "another server's port": ['server-2', 'servers'],
} as const
type Link = keyof typeof LINKS

let system: TestSystem
let client: Client
const relays = new Map<Link, Relay>()
const relay = (link: Link): Relay => relays.get(link) as Relay

beforeAll(async () => {
  for (const link of Object.keys(LINKS) as Link[]) relays.set(link, await Relay.open())
  system = await startSystem({
    secured: true,
    env: (name) => {
      if (name === 'server-1')
        return {
          BROKERS: relay("the broker's servers' port").address,
          PROXIES: `${relay("the proxy's publishers' port").address}/${relay("the proxy's servers' port").port}`,
          REF: relay("ref's port").address,
        }
      // So others reach it by the relay.
      return name === 'server-2' ? { ADVERTISE: relay("another server's port").address } : {}
    },
  })
  const { servers, publishers, replica, ref, peers } = system.ports
  const lead = (link: Link, port: number | undefined): void => {
    relay(link).to = `tcp://127.0.0.1:${port}`
  }
  lead("the broker's servers' port", servers)
  lead("the proxy's publishers' port", publishers)
  lead("the proxy's servers' port", replica)
  lead("ref's port", ref)
  lead("another server's port", peers[1])
  await system.ready()
  client = await connectTo(system, 'ana')
  await client.createChannel('general')
}, TEST_MS)

afterAll(async () => {
  await client?.close()
  await system?.stop()
  for (const each of relays.values()) each.close()
})

describe('what a server said, played again', () => {
  const said: string[] = []
  const say = async (text: string): Promise<void> => {
    said.push(text)
    await client.publish('general', text)
  }

  it.each(Object.keys(LINKS) as Link[])(
    'at %s is answered nothing, counted and told, while that server is there',
    async (link) => {
      const [part, port] = LINKS[link]
      const counted = (): Promise<number> =>
        metric(system, part, `recado_handshakes_total{port="${port}",result="no_proof"}`)
      for (let number = 0; number < 10; number++) await say(`${link} ${number}`)
      // One that came before the other side was there said nothing, and came again.
      const recording = relay(link).recordings.find(({ isLive }) => isLive)
      if (recording === undefined) throw new Error(`Nobody came by the relay to ${link}`)
      await until(COUNTED_MS, () => recording.afterHandshake.byteLength > 0 || 'nothing was said')
      const before = await counted()

      expect(await playAgain(relay(link).to as string, recording)).toEqual([])
      await until(COUNTED_MS, async () => {
        const more = (await counted()) - before
        return more >= WAYS_TO_PLAY || `${more} of ${WAYS_TO_PLAY} are counted`
      })
      expect(recording.isLive).toBe(true)
      expect(system.log(part)).toContain(`"audit":"refused","port":"${port}"`)
    },
    TEST_MS,
  )

  it(
    'on its own connections, to either side, ends no process and no service when these go then',
    async () => {
      const pids = system.processes.map(({ pid }) => pid)
      for (const side of ['server', 'client'] as const) {
        for (const each of relays.values()) each.recordings.findLast(({ isLive }) => isLive)?.repeatLast(side)
        for (const each of relays.values()) each.cut()
        await say(`repeated to the ${side}`)
        // What was due at the next heartbeat of either side has happened by then.
        await delay(HEARTBEATS_MS)
      }

      expect(system.processes.map(({ pid }) => pid)).toEqual(pids)
    },
    TEST_MS,
  )

  it(
    'is not said twice, by as many servers as before',
    async () => {
      await until(COUNTED_MS, async () => {
        const servers = await metric(system, 'broker', 'recado_broker_servers')
        return servers === 3 || `${servers} servers are registered`
      })
      await say('still here')
      expect(await historyOf(client, 'general')).toEqual(said)
    },
    TEST_MS,
  )
})
