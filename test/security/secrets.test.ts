import { randomUUID } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDealer } from '../../src/adapters/zeromq/index.ts'
import { makePermit } from '../../src/cli/keys/index.ts'
import { type Client, connect } from '../../src/client/index.ts'
import type { Dealer } from '../../src/ports/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { historyOf } from './spies.ts'
import { metric, passOf } from './strangers.ts'

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

/** What `recado keys permit` prints; of a negative lifetime one that has expired. */
function permitFor(user: string, lifetimeMs = 3_600_000): string {
  return makePermit(join(system.folder, 'keys'), user, lifetimeMs).permit
}

const tokensOf = (outcomes: readonly Data[]): unknown[] =>
  outcomes.filter(({ status }) => status === 'ok').map(({ token }) => token)

/** What becomes of each of these tokens at all servers, sorted. */
async function fateOf(tokens: readonly unknown[]): Promise<string[]> {
  const fates = await Promise.all(tokens.map(async (token) => codes(await askAll('users', { token }))))
  return fates.map((outcome) => [...new Set(outcome)].join()).toSorted()
}
/** One is good in the end. */
const oneOf = (tokens: readonly unknown[]): string[] => [...tokens.slice(1).map(() => 'not_logged_in'), 'ok']

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
    const tokens = tokensOf(outcomes)

    await expect.poll(() => fateOf(tokens), { timeout: 10_000 }).toEqual(oneOf(tokens))
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

describe('a login with a permit', () => {
  it('sets the secret of who has forgotten it, at every server; the former one and its tokens are refused', async () => {
    const { token: former } = await ask('login', { user: 'tia', secret: 'forgotten by tia' })
    const reset = await ask('login', { user: 'tia', permit: permitFor('tia'), new_secret: 'second of tia' })

    expect(reset).toMatchObject({ status: 'ok', token: expect.any(String), expires: expect.any(Number) })
    expect(codes(await askAll('login', { user: 'tia', secret: 'second of tia' }))).toEqual(each('ok'))
    await expect
      .poll(async () => codes(await askAll('users', { token: former })), { timeout: 10_000 })
      .toEqual(each('not_logged_in'))
    expect(codes(await askAll('users', { token: reset['token'] }))).toEqual(each('ok'))
    const refused = codes(await askAll('login', { user: 'tia', secret: 'forgotten by tia' }))
    expect(refused).toContain('denied')
    expect(refused.filter((code) => code !== 'denied' && code !== 'overloaded')).toEqual([])
  })

  it('sent again by who did not hear the answer is ok and changes nothing, at every server', async () => {
    const reset = { user: 'gil', permit: permitFor('gil'), new_secret: 'first of gil' }
    const { token } = await ask('login', reset)

    expect(codes(await askAll('login', reset))).toEqual(each('ok'))
    expect(codes(await askAll('users', { token }))).toEqual(each('ok'))
  })

  it('is denied at every server once the permit was used, and where another was used that was issued later', async () => {
    await ask('login', { user: 'noe', secret: 'forgotten by noe' })
    const [early, late] = [permitFor('noe', 3_500_000), await delay(5).then(() => permitFor('noe'))]
    await ask('login', { user: 'noe', permit: late, new_secret: 'second of noe' })

    for (const permit of [late, early]) {
      const again = codes(await askAll('login', { user: 'noe', permit, new_secret: 'third of noe' }))
      expect(again).toContain('denied')
      expect(again.filter((code) => code !== 'denied' && code !== 'overloaded')).toEqual([])
    }
    await expect
      .poll(() => ask('login', { user: 'noe', secret: 'second of noe' }), { timeout: 30_000, interval: 1000 })
      .toMatchObject({ status: 'ok' })
  })

  it('lets in nobody by one that is of another user, forged, cut, expired or a token, and shows it in no answer', async () => {
    const { token } = await ask('login', { user: 'lia', secret: 'first of lia' })
    const good = permitFor('lia')
    const wrong = {
      'of another': permitFor('leo'),
      forged: good.replace('permit:lia', 'permit:liz'),
      altered: good.replace(
        /:(\d+):([^:]+)$/,
        (_, expiry: string, rest: string) => `:${Number(expiry) + 1}:${rest}`,
      ),
      cut: good.slice(0, -1),
      expired: permitFor('lia', -60_000),
      'for too long': permitFor('lia', 25 * 3_600_000),
      'a token': token as string,
    }
    for (const [what, permit] of Object.entries(wrong)) {
      const data = { user: what === 'forged' ? 'liz' : 'lia', permit, new_secret: 'of somebody else' }
      const outcome = await ask('login', data)
      expect([what, outcome['code']]).toEqual([what, expect.stringMatching(/^(denied|overloaded)$/)])
      expect(outcome['message']).not.toContain(permit.slice(-20))
    }

    expect(await ask('users', { token: good })).toMatchObject({ code: 'not_logged_in' })
    expect(await ask('login', { user: 'lia', permit: good, new_secret: 'second of lia' })).toMatchObject({
      status: 'ok',
    })
    for (const permit of [good, ...Object.values(wrong)])
      expect(system.log()).not.toContain(permit.slice(-20))
    expect(system.log()).toContain('"audit":"login","user":"lia","result":"wrong_permit","fault":"expired"')
    expect(system.log()).toMatch(/"audit":"secret_changed","user":"lia","permit_issued":\d+/)
  })

  it('is a bad request with a secret beside it, or without a new one', async () => {
    const permit = permitFor('rui')
    const both = { secret: 'first of rui', new_secret: 'second of rui' }

    expect(await ask('login', { user: 'rui', permit, ...both })).toMatchObject({ code: 'bad_request' })
    expect(await ask('login', { user: 'rui', permit })).toMatchObject({ code: 'bad_request' })
  })

  it(
    'is denied when the permit was used before all servers died, also at one that comes back with an older copy of its disk',
    async () => {
      const last = SERVERS.at(-1) as string
      const [disk, copy] = [join(system.folder, last), join(system.folder, `${last}-before`)]
      await system.process(last).kill()
      cpSync(disk, copy, { recursive: true })
      system.process(last).start()
      await system.ready()
      const permit = permitFor('bia')
      expect(await ask('login', { user: 'bia', permit, new_secret: 'first of bia' })).toMatchObject({
        status: 'ok',
      })
      await Promise.all(SERVERS.map((name) => system.process(name).kill()))
      rmSync(disk, { recursive: true })
      cpSync(copy, disk, { recursive: true })
      for (const name of SERVERS) system.process(name).start()
      await system.ready()
      // So that each of them is asked.
      await expect.poll(() => metric(system, 'broker', 'recado_broker_servers')).toBe(SERVERS.length)

      const again = await askAll('login', { user: 'bia', permit, new_secret: 'second of bia' })
      expect(codes(again)).toEqual(each('denied'))
      const refused = SERVERS.map((name) =>
        metric(system, name, 'recado_logins_total{result="wrong_permit"}'),
      )
      expect(Math.min(...(await Promise.all(refused)))).toBeGreaterThan(0)
      expect(await ask('login', { user: 'bia', secret: 'first of bia' })).toMatchObject({ status: 'ok' })
    },
    TEST_MS,
  )

  it('of several at the same moment by one permit leaves one secret, at every server', async () => {
    const reset = (at: number) => ({ user: 'isa', permit, new_secret: `number ${at} of isa` })
    const permit = permitFor('isa')
    const tokens = tokensOf(await Promise.all(dealers.map((dealer, at) => ask('login', reset(at), dealer))))

    await expect.poll(() => fateOf(tokens), { timeout: 10_000 }).toEqual(oneOf(tokens))
  })
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
