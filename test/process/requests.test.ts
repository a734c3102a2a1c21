import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectTo, equalFiles, KEPT, Load } from '../support/load.ts'
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
