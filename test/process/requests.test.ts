import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectTo, equalFiles, until } from '../support/load.ts'
import { send } from '../support/raw.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const TEST_MS = 60_000

let system: TestSystem

beforeAll(async () => {
  system = await startSystem()
  await system.ready()
}, TEST_MS)

afterAll(() => system.stop())

it(
  'servers answer unavailable when a majority is away, and go on when it is back',
  async () => {
    const client = await connectTo(system, undefined, 3000)
    const away = ['server-1', 'server-2'].map((name) => system.process(name))
    try {
      await Promise.all(away.map((process) => process.kill()))
      await expect(client.login('early')).rejects.toMatchObject({ code: 'unavailable', retryable: true })
      for (const process of away) process.start()
      await system.ready()
      await client.login('late')

      expect(await client.users()).toContain('late')
    } finally {
      await client.close()
    }
  },
  TEST_MS,
)

it(
  'servers count a request once when the same id reaches all of them at once',
  async () => {
    const client = await connectTo(system, 'ana')
    await client.createChannel('news')
    const bodies = Array.from({ length: 20 }, (_, number) => ({
      service: 'publish',
      id: `same-${number}`,
      clock: 1,
      timestamp: 1,
      data: { user: 'ana', channel: 'news', message: `same ${number}` },
    }))
    const connections = Array.from({ length: 6 }, () => send(system.brokerAddress, bodies))
    const answers = (await Promise.all(connections)).flat()
    await client.publish('news', 'the last')
    await client.close()
    const said = (): string[] => (equalFiles(system) ?? []).map(({ message }) => String(message))
    await until(20_000, () => said().includes('the last'))

    expect(answers.filter(({ data }) => data.status !== 'ok')).toEqual([])
    expect(said().toSorted()).toEqual([...bodies.map(({ data }) => data.message), 'the last'].toSorted())
  },
  TEST_MS,
)

it(
  'servers leave out of history what the client says it has passed, and count it as part of the cursor',
  async () => {
    const client = await connectTo(system, 'bob')
    await client.createChannel('passed')
    const said = await Promise.all(
      ['one', 'two', 'three'].map((message) => client.publish('passed', message)),
    )
    await client.close()
    const seen: Record<string, number> = {}
    for (const { origin, incarnation, seq } of said) {
      const stream = `${origin}/${incarnation}`
      seen[stream] = Math.max(seq, seen[stream] ?? 0)
    }
    const [first] = said as [(typeof said)[number], ...typeof said]
    const ask = async (data: Record<string, unknown>): Promise<Record<string, unknown>> => {
      const asked = { channel: 'passed', seen, ...data }
      const body = { service: 'history', id: 'asked', clock: 1, timestamp: 1, data: asked }
      return (await send(system.brokerAddress, [body]))[0]?.data ?? {}
    }
    const messages = (page: Record<string, unknown>): unknown[] =>
      (page['messages'] as { message: string }[]).map(({ message }) => message)

    const behindFirst = { [`${first.origin}/${first.incarnation}`]: first.seq }
    const page = await ask({ passed: behindFirst, limit: 1 })
    expect(messages(page)).toEqual(['two'])
    expect(messages(await ask({ after: page['next'] }))).toEqual(['three'])
    expect(messages(await ask({ passed: seen }))).toEqual([])
    expect(messages(await ask({}))).toEqual(['one', 'two', 'three'])
    expect(await ask({ passed: 'one' })).toMatchObject({ status: 'error', code: 'bad_request' })
  },
  TEST_MS,
)
