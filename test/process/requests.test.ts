import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectTo, equalFiles, KEPT, Load, until } from '../support/load.ts'
import { send } from '../support/raw.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const TEST_MS = 60_000

let system: TestSystem
let load: Load
let tests = 0

beforeAll(async () => {
  system = await startSystem()
  await system.ready()
}, TEST_MS)

afterAll(() => system.stop())

// What a failed test left behind does not fail the next.
beforeEach(async () => {
  for (const process of system.processes) {
    await process.kill('SIGCONT')
    process.start()
  }
  await system.ready()
  tests++
  load = await Load.start(system, `load-${tests}`)
}, TEST_MS)

afterEach(() => load.close())

/** Whether `server` counts `other` as live, or why that is not known: any server may answer. */
async function takesForLive(server: string, other: string): Promise<boolean | string> {
  const client = await connectTo(system, undefined, 5000)
  try {
    const view = await client.status()
    if (view['name'] !== server) return `asked ${String(view['name'])}`
    const members = view['members'] as { name: string; live: boolean }[]
    return members.find(({ name }) => name === other)?.live ?? 'unknown'
  } catch (error) {
    return String(error)
  } finally {
    await client.close()
  }
}

it.each(['server-1', 'server-2'])(
  'servers keep what was acknowledged once when %s is killed under load and comes back',
  async (name) => {
    await load.more(300)
    await system.process(name).kill()
    await load.more(300)
    system.process(name).start()
    await system.ready([name])
    await load.more(300)

    expect(await load.check()).toEqual(KEPT)
  },
  TEST_MS,
)

it(
  'server catches up and is ready when its data folder was emptied',
  async () => {
    await load.more(300)
    await system.process('server-3').kill('SIGTERM')
    await rm(join(system.folder, 'server-3'), { recursive: true })
    await load.more(300)
    system.process('server-3').start()
    await system.ready(['server-3'])
    await load.more(300)

    expect(await load.check()).toEqual(KEPT)
  },
  TEST_MS,
)

it(
  'servers go on and a killed one comes back when ref is away',
  async () => {
    const ref = system.process('ref')
    await ref.kill('SIGSTOP')
    await load.more(300)
    await ref.kill('SIGCONT')
    await system.ready()
    await ref.kill()
    await load.more(300)
    await system.process('server-2').restart()
    await load.more(300)
    ref.start()
    await system.ready()

    expect(await load.check()).toEqual(KEPT)
  },
  TEST_MS,
)

it(
  'servers acknowledge and converge when the proxy is away, and a subscriber misses nothing',
  async () => {
    await load.more(300)
    await system.process('proxy').kill()
    await load.more(300)
    const away = await load.check({ subscriber: false })
    system.process('proxy').start()
    await system.ready()

    expect(away).toEqual({ twiceInFiles: [], failures: [] })
    expect(await load.check()).toEqual(KEPT)
  },
  TEST_MS,
)

it(
  'servers answer unavailable when a majority is away, and go on when it is back',
  async () => {
    await load.more(100)
    await Promise.all(['server-1', 'server-2'].map((name) => system.process(name).kill()))
    const client = await connectTo(system, undefined, 3000)
    await expect(client.login('late')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await client.close()
    for (const name of ['server-1', 'server-2']) system.process(name).start()
    await system.ready()
    await load.more(300)

    expect(await load.check()).toEqual(KEPT)
  },
  TEST_MS,
)

it(
  'servers lose and double nothing when one stands still until it is taken for dead, and goes on',
  async () => {
    await load.more(300)
    await system.process('server-2').kill('SIGSTOP')
    await until(20_000, async () => (await takesForLive('server-1', 'server-2')) === false)
    await load.more(300)
    await system.process('server-2').kill('SIGCONT')
    await load.more(300)
    await system.ready()

    expect(await load.check()).toEqual(KEPT)
  },
  TEST_MS,
)

it(
  'servers count a request once when the same id reaches all of them at once',
  async () => {
    const user = `load-${tests}.a`
    const bodies = Array.from({ length: 20 }, (_, number) => ({
      service: 'publish',
      id: `same-${number}`,
      clock: 1,
      timestamp: 1,
      data: { user, channel: `load-${tests}`, message: `${user} same ${number}` },
    }))
    const connections = Array.from({ length: 6 }, () => send(system.brokerAddress, bodies))
    const answers = (await Promise.all(connections)).flat()
    const findings = await load.check()
    const same = (equalFiles(system) ?? []).filter(({ id }) => bodies.some((body) => body.id === id))

    expect(answers.filter(({ data }) => data.status !== 'ok')).toEqual([])
    expect(findings).toEqual(KEPT)
    expect(same).toHaveLength(bodies.length)
  },
  TEST_MS,
)
