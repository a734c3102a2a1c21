import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKeys } from '../../src/cli/keys/index.ts'
import { type Client, connect } from '../../src/client/index.ts'
import { parseKeyList } from '../../src/keys/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { Asker, expired, forgedTokens } from './asking.ts'
import { historyOf } from './spies.ts'
import { metric, passOf } from './strangers.ts'

const TEST_MS = 60_000
const [ANAS, RUIS] = ['the secret of ana', 'the secret of rui']

let system: TestSystem
let asker: Asker

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  asker = new Asker(system.brokerAddress, passOf(system, 'clients/local', 'front'))
}, TEST_MS)

afterAll(async () => {
  await asker?.close()
  await system?.stop()
})

const ask = (service: string, data: object, id?: string) => asker.ask(service, data, id)

const tokenOf = (user: string, secret: string): Promise<string> => asker.tokenOf(user, secret)

function clientOf(user: string, secret: string, options: object = {}): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  return connect({ broker, proxy, keysDir: keysDir as string, user, secret, ...options })
}

describe('in secured mode', () => {
  it('the first login sets the secret of a name, and later ones need it, at any server', async () => {
    expect(await ask('login', { user: 'ana', secret: ANAS })).toMatchObject({
      status: 'ok',
      token: expect.any(String),
    })
    expect(await ask('login', { user: 'rui', secret: RUIS })).toMatchObject({ status: 'ok' })
    expect(await ask('login', { user: 'ana', secret: ANAS })).toMatchObject({ status: 'ok' })
    expect(await ask('login', { user: 'ana', secret: RUIS })).toMatchObject({
      status: 'error',
      code: 'denied',
    })
    expect(await ask('login', { user: 'ana' })).toMatchObject({ status: 'error', code: 'bad_request' })
  })

  it.each([
    ['users', {}],
    ['channels', {}],
    ['status', {}],
    ['channel', { user: 'ana', channel: 'c' }],
    ['publish', { user: 'ana', channel: 'c', message: 'm' }],
    ['message', { user: 'ana', to: 'rui', message: 'm' }],
    ['history', { user: 'ana' }],
  ])('%s is refused without a token', async (service, data) => {
    expect(await ask(service, data)).toMatchObject({ status: 'error', code: 'not_logged_in' })
  })

  it('nobody publishes, says, creates or reads as another', async () => {
    const token = await tokenOf('rui', RUIS)
    const asAna: [string, object][] = [
      ['channel', { user: 'ana', channel: 'c' }],
      ['publish', { user: 'ana', channel: 'c', message: 'm' }],
      ['message', { user: 'ana', to: 'rui', message: 'm' }],
      ['history', { user: 'ana' }],
      ['history', { user: 'ana', with: 'rui' }],
    ]
    const outcomes = await Promise.all(asAna.map(([service, data]) => ask(service, { ...data, token })))

    expect(outcomes.map(({ code }) => code)).toEqual(asAna.map(() => 'denied'))
    expect(system.log()).toContain('"audit":"denied","reason":"another_user","user":"rui","as":"ana"')
    const denied = await Promise.all(
      ['server-1', 'server-2', 'server-3'].map((name) =>
        metric(system, name, 'recado_denied_total{reason="another_user"}'),
      ),
    )
    expect(denied.reduce((sum, each) => sum + each, 0)).toBe(5)
  })

  it("a direct message's history is its two users' own", async () => {
    const [ana, rui] = [await tokenOf('ana', ANAS), await tokenOf('rui', RUIS)]
    await ask('message', { user: 'ana', to: 'rui', message: 'for rui', token: ana })
    const eva = await tokenOf('eva', 'the secret of eva')

    expect(await ask('history', { user: 'rui', token: rui })).toMatchObject({
      messages: [{ message: 'for rui' }],
    })
    expect(await ask('history', { user: 'ana', token: ana })).toMatchObject({
      messages: [{ message: 'for rui' }],
    })
    expect(await ask('history', { user: 'eva', with: 'rui', token: eva })).toMatchObject({ messages: [] })
    expect(await ask('history', { user: 'rui', token: eva })).toMatchObject({ code: 'denied' })
  })

  it('cut, altered and forged tokens are refused', async () => {
    const token = await tokenOf('ana', ANAS)
    const wrong = forgedTokens(token, await tokenOf('rui', RUIS))
    const outcomes = await Promise.all(wrong.map((each) => ask('users', { token: each })))

    expect(await ask('users', { token })).toMatchObject({ status: 'ok' })
    expect(outcomes.map(({ code }) => code)).toEqual(wrong.map(() => 'not_logged_in'))
  })

  it('an expired token is refused, however well it is signed', async () => {
    const token = await tokenOf('ana', ANAS)
    const keys = parseKeyList(readFileSync(join(system.folder, 'keys', 'cluster.keys'), 'utf8'))
    const key = keys[0]?.key as string

    expect(await ask('users', { token: expired(token, key) })).toMatchObject({ code: 'not_logged_in' })
    expect(await ask('users', { token })).toMatchObject({ status: 'ok' })
  })

  it('a request that is sent again, by whomever, counts once', async () => {
    const token = await tokenOf('ana', ANAS)
    await ask('channel', { user: 'ana', channel: 'replayed', token })
    const data = { user: 'ana', channel: 'replayed', message: 'once', token }
    const [first, second] = [await ask('publish', data, 'the-same'), await ask('publish', data, 'the-same')]

    expect(second).toEqual(first)
    expect((await ask('history', { channel: 'replayed', token }))['messages']).toHaveLength(1)
  })

  it('failed logins are limited by rate, of that name alone', async () => {
    await tokenOf('leo', 'the secret of leo')
    const outcomes: unknown[] = []
    for (let tries = 0; tries < 30; tries++) {
      outcomes.push((await ask('login', { user: 'leo', secret: `guess number ${tries}` }))['code'])
    }

    expect(outcomes.filter((code) => code === 'denied').length).toBeLessThanOrEqual(18)
    expect(outcomes.slice(-5)).toContain('overloaded')
    expect(outcomes.filter((code) => code !== 'denied' && code !== 'overloaded')).toEqual([])
    expect(await ask('login', { user: 'ana', secret: ANAS })).toMatchObject({ status: 'ok' })
  })

  it('no secret, nor what checks it, stands in a file for people or in a log', async () => {
    await until(
      10_000,
      () =>
        readFileSync(join(system.folder, 'server-1', 'registry.json'), 'utf8').includes('ana') ||
        'not written',
    )
    const files = ['server-1', 'server-2', 'server-3'].flatMap((name) =>
      readdirSync(join(system.folder, name))
        .filter((file) => file.endsWith('.json') || file.endsWith('.jsonl'))
        .map((file) => readFileSync(join(system.folder, name, file), 'utf8')),
    )

    expect(files.length).toBeGreaterThanOrEqual(9)
    for (const text of [...files, system.log()]) {
      expect(text).not.toContain(ANAS)
      expect(text).not.toContain('scrypt')
    }
    expect(system.log()).toContain('"audit":"login","user":"ana","result":"ok"')
  })

  it(
    'the library logs in again by itself, and what it sends counts once, when its token is not taken any more',
    async () => {
      const short = await startSystem({ secured: true, env: { TOKEN_LIFETIME_MS: '1000' } })
      try {
        await short.ready()
        const { brokerAddress: broker, proxyAddress: proxy, keysDir } = short
        const client = await connect({ broker, proxy, keysDir: keysDir as string, user: 'ana' })
        await client.createChannel('general')
        const end = performance.now() + 3500
        let count = 0
        while (performance.now() < end) await client.publish('general', `text ${count++}`)
        const held = await historyOf(client, 'general')
        await client.close()

        expect(held).toEqual(Array.from({ length: count }, (_, at) => `text ${at}`))
        expect(
          (await metric(short, 'server-1', 'recado_denied_total{reason="no_token"}')) +
            (await metric(short, 'server-2', 'recado_denied_total{reason="no_token"}')) +
            (await metric(short, 'server-3', 'recado_denied_total{reason="no_token"}')),
        ).toBeGreaterThan(1)
      } finally {
        await short.stop()
      }
    },
    TEST_MS,
  )

  it(
    'users and what they know survive the death of all servers',
    async () => {
      const servers = ['server-1', 'server-2', 'server-3']
      await Promise.all(servers.map((name) => system.process(name).kill()))
      for (const name of servers) system.process(name).start()
      await system.ready()
      const client = await clientOf('ana', ANAS)
      expect(await client.users()).toContain('rui')
      await client.close()
      await expect(clientOf('rui', ANAS)).rejects.toMatchObject({ code: 'denied' })
    },
    TEST_MS,
  )
})

describe('with USERS=listed', () => {
  it(
    'only names that the administrator lists come to be, from the moment that they are listed',
    async () => {
      const listed = await startSystem({
        secured: true,
        env: { USERS: 'listed' },
        prepare: (keys) => {
          makeKeys(keys)
          writeFileSync(join(keys, 'users.list'), 'ana\n')
          makeKeys(keys)
        },
      })
      try {
        await listed.ready()
        const { brokerAddress: broker, proxyAddress: proxy, keysDir } = listed
        const options = { broker, proxy, keysDir: keysDir as string }
        await (await connect({ ...options, user: 'ana' })).close()
        await expect(connect({ ...options, user: 'rui' })).rejects.toMatchObject({ code: 'denied' })
        writeFileSync(join(listed.folder, 'keys', 'users.list'), 'ana\nrui\n')
        makeKeys(join(listed.folder, 'keys'))
        await until(10_000, async () => {
          return connect({ ...options, user: 'rui' }).then(
            (client) => client.close().then(() => true),
            () => 'denied',
          )
        })
      } finally {
        await listed.stop()
      }
    },
    TEST_MS,
  )
})
