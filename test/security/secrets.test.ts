import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDealer } from '../../src/adapters/zeromq/index.ts'
import { type Client, connect } from '../../src/client/index.ts'
import type { Dealer } from '../../src/ports/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { historyOf } from './spies.ts'
import { passOf } from './strangers.ts'

const TEST_MS = 60_000
const [TRIES, AGAIN_MS] = [5, 4000]
const SERVERS = ['server-1', 'server-2', 'server-3']

type Data = Readonly<Record<string, unknown>>

let system: TestSystem
/** Several, so that several servers are asked. */
let dealers: readonly Dealer[]
const answers = new Map<string, (data: Data) => void>()

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  dealers = Array.from({ length: 6 }, () => {
    const dealer = openDealer(system.brokerAddress, passOf(system, 'clients/local', 'front'))
    dealer.receive((frames) => {
      const { id, data } = decode(frames.at(-1) as Uint8Array, PEER_LIMITS) as { id: string; data: Data }
      answers.get(id)?.(data)
    })
    return dealer
  })
}, TEST_MS)

afterAll(async () => {
  for (const dealer of dealers ?? []) await dealer.close()
  await system?.stop()
}, TEST_MS)

/** Asks, and again with the same id where no answer came, as a client does. */
async function ask(service: string, data: object, dealer = dealers[0] as Dealer): Promise<Data> {
  const id = randomUUID()
  const body = encode({ service, id, clock: 1, timestamp: 1, data })
  const answer = new Promise<Data>((resolve) => {
    answers.set(id, resolve)
  })
  for (let tries = 0; tries < TRIES; tries++) {
    dealer.send([new Uint8Array(), body])
    const found = await Promise.race([answer, delay(AGAIN_MS)])
    if (found !== undefined) return found
  }
  throw new Error(`No answer to ${service}`)
}

/** The same of every connection, which are spread over the servers. */
function askAll(service: string, data: object): Promise<Data[]> {
  return Promise.all(dealers.map((dealer) => ask(service, data, dealer)))
}

const codes = (outcomes: readonly Data[]): unknown[] =>
  outcomes.map((data) => (data['status'] === 'ok' ? 'ok' : data['code']))
const each = (code: string): string[] => dealers.map(() => code)

function clientOf(user: string, secret: string): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  return connect({ broker, proxy, keysDir: keysDir as string, user, secret })
}

describe('a login with a new secret', () => {
  it('changes it: the new one is good at every server from then on, the former one at none', async () => {
    await ask('login', { user: 'ana', secret: 'first of ana' })
    const changed = await ask('login', {
      user: 'ana',
      secret: 'first of ana',
      new_secret: 'second of ana',
    })

    expect(changed).toMatchObject({ status: 'ok', token: expect.any(String), expires: expect.any(Number) })
    expect(codes(await askAll('login', { user: 'ana', secret: 'second of ana' }))).toEqual(each('ok'))
    const former = codes(await askAll('login', { user: 'ana', secret: 'first of ana' }))
    // A server takes five tries, and most of these may have come to one.
    expect(former).toContain('denied')
    expect(former.filter((code) => code !== 'denied' && code !== 'overloaded')).toEqual([])
  })

  it('makes all tokens of the former secret worth nothing', async () => {
    const { token: former } = await ask('login', { user: 'bob', secret: 'first of bob' })
    expect(codes(await askAll('users', { token: former }))).toEqual(each('ok'))
    const { token } = await ask('login', { user: 'bob', secret: 'first of bob', new_secret: 'second of bob' })

    await expect
      .poll(async () => codes(await askAll('users', { token: former })), { timeout: 10_000 })
      .toEqual(each('not_logged_in'))
    expect(codes(await askAll('users', { token }))).toEqual(each('ok'))
  })

  it('sent again, as by who did not hear the answer, is ok and changes nothing', async () => {
    const change = { user: 'eva', secret: 'first of eva', new_secret: 'second of eva' }
    await ask('login', { user: 'eva', secret: 'first of eva' })
    const { token } = await ask('login', change)
    const again = await ask('login', change)

    expect(again).toMatchObject({ status: 'ok' })
    expect(codes(await askAll('users', { token }))).toEqual(each('ok'))
    expect(codes(await askAll('users', { token: again['token'] }))).toEqual(each('ok'))
  })

  it('is denied to who has not the secret, and to who takes a new name', async () => {
    await ask('login', { user: 'rui', secret: 'first of rui' })
    const guess = { user: 'rui', secret: 'no secret of rui', new_secret: 'of somebody else' }

    expect(await ask('login', guess)).toMatchObject({ code: 'denied' })
    expect(await ask('login', { user: 'rui', secret: 'first of rui' })).toMatchObject({ status: 'ok' })
    expect(await ask('login', { ...guess, user: 'nobody' })).toMatchObject({ code: 'denied' })
    const { token } = await ask('login', { user: 'rui', secret: 'first of rui' })
    expect((await ask('users', { token }))['users']).not.toContain('nobody')
  })

  it.each([
    ['too short', { secret: 'first of rui', new_secret: 'short' }],
    ['too long', { secret: 'first of rui', new_secret: 'x'.repeat(257) }],
    ['no text', { secret: 'first of rui', new_secret: 7 }],
    ['the same', { secret: 'first of rui', new_secret: 'first of rui' }],
    ['without the former one', { new_secret: 'second of rui' }],
  ])('is a bad request when the new one is %s', async (_, data) => {
    expect(await ask('login', { user: 'rui', ...data })).toMatchObject({ code: 'bad_request' })
  })

  it('is no way to guess more often', async () => {
    await ask('login', { user: 'leo', secret: 'the secret of leo' })
    const outcomes: unknown[] = []
    for (let tries = 0; tries < 30; tries++) {
      const data = { user: 'leo', secret: `guess ${tries} of leo`, new_secret: `another guess ${tries}` }
      outcomes.push((await ask('login', data))['code'])
    }

    // Each is two tries, and a server takes five.
    expect(outcomes.filter((code) => code === 'denied').length).toBeLessThanOrEqual(9)
    expect(outcomes.slice(-5)).toContain('overloaded')
  })

  it('of several at the same moment leaves one that counts, whose sender is told so', async () => {
    await ask('login', { user: 'mia', secret: 'first of mia' })
    const change = (at: number) => ({
      user: 'mia',
      secret: 'first of mia',
      new_secret: `number ${at} of mia`,
    })
    const outcomes = await Promise.all(dealers.map((dealer, at) => ask('login', change(at), dealer)))
    const tokens = outcomes.filter(({ status }) => status === 'ok').map(({ token }) => token)

    expect(tokens.length).toBeGreaterThanOrEqual(1)
    await expect
      .poll(
        async () => {
          const taken = await Promise.all(
            tokens.map(async (token) => codes(await askAll('users', { token }))),
          )
          return taken.map((outcome) => [...new Set(outcome)].join()).toSorted()
        },
        { timeout: 10_000 },
      )
      .toEqual([...tokens.slice(1).map(() => 'not_logged_in'), 'ok'])
  })

  it(
    'is kept by the servers over their death, and stands in no file for people and no log',
    async () => {
      await Promise.all(SERVERS.map((name) => system.process(name).kill()))
      for (const name of SERVERS) system.process(name).start()
      await system.ready()
      const client = await clientOf('ana', 'second of ana')
      await client.close()

      await expect(clientOf('ana', 'first of ana')).rejects.toMatchObject({ code: 'denied' })
      const files = SERVERS.flatMap((name) =>
        readdirSync(join(system.folder, name))
          .filter((file) => file.endsWith('.json') || file.endsWith('.jsonl'))
          .map((file) => readFileSync(join(system.folder, name, file), 'utf8')),
      )
      for (const text of [...files, system.log()]) {
        expect(text).not.toContain('second of ana')
        expect(text).not.toContain('scrypt')
      }
      expect(system.log()).toContain('"audit":"secret_changed","user":"ana"')
    },
    TEST_MS,
  )
})

describe('the library', () => {
  it('changes the secret of who is logged in, loses nothing meanwhile and goes on', async () => {
    const client = await clientOf('zoe', 'first of zoe')
    await client.createChannel('of-zoe')
    const texts: string[] = []
    const stopping = new AbortController()
    const saying = (async () => {
      while (!stopping.signal.aborted) {
        texts.push(`text ${texts.length}`)
        await client.publish('of-zoe', texts.at(-1) as string)
      }
    })()
    for (const secret of ['second of zoe', 'third of zoe']) await client.changeSecret(secret)
    stopping.abort()
    await saying
    await client.publish('of-zoe', 'the last')

    expect(await historyOf(client, 'of-zoe')).toEqual([...texts, 'the last'])
    await client.close()
    await expect(clientOf('zoe', 'second of zoe')).rejects.toMatchObject({ code: 'denied' })
    await (await clientOf('zoe', 'third of zoe')).close()
  })

  it('ends the session of who holds the former secret alone', async () => {
    const [holder, thief] = [await clientOf('ida', 'first of ida'), await clientOf('ida', 'first of ida')]
    await thief.createChannel('of-ida')
    await holder.changeSecret('second of ida')

    await expect
      .poll(
        () =>
          thief.publish('of-ida', 'stolen').then(
            () => 'ok',
            ({ code }) => code,
          ),
        { timeout: 10_000 },
      )
      .toBe('denied')
    await holder.publish('of-ida', 'mine')
    await Promise.all([holder.close(), thief.close()])
  })
})
