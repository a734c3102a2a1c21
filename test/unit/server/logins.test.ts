import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../../src/ports/index.ts'
import { Logins } from '../../../src/server/logins.ts'
import { Permits } from '../../../src/server/permits.ts'
import type { Call, Desk } from '../../../src/server/services/index.ts'
import { Sessions } from '../../../src/server/sessions.ts'
import type { Position, RecadoError } from '../../../src/wire/index.ts'
import { quietLog, quietMetrics, quietTimers } from '../../support/quiet.ts'
import { setUp as setUpServers } from './login-servers.ts'

const AT_ONCE = 128
const SECRET: Position = { clock: 5, origin: 'server-1', incarnation: 1, seq: 1 }

/** Logins whose secrets are worked on until `finish` is called, and whose majority answers when `majority` is. */
function setUp() {
  const state = { working: 0, known: new Set<string>() }
  const secretAt = (user: string): Position | undefined => (state.known.has(user) ? SECRET : undefined)
  const asked: (() => void)[] = []
  const turns: (() => void)[] = []
  const failures: string[] = []
  const answered: string[] = []
  const turn = <Result>(result: Result): Promise<Result> => {
    state.working++
    return new Promise((resolve) => turns.push(() => resolve(result)))
  }
  const credentials: Credentials = {
    verifierOf: () => turn('verifier'),
    matches: () => turn(true),
    sign: () => 'signature',
    isSigned: () => true,
    generation: () => 0,
  }
  const desk = {
    acks: 'quorum',
    secretOf: (user: string) => (state.known.has(user) ? { claim: SECRET, secret: SECRET } : undefined),
    knowsUser: () => false,
    hear: () => {},
    afterMajority: (call: Call, go: () => void) => void asked.push(() => tried(call, go)),
    awaitHeld: (call: Call) => call.ok(),
    accept: (call: Call) => call.ok(),
  } as unknown as Desk
  const time = { monotonic: () => 0, wall: () => 0 }
  const logins = new Logins({
    userChannels: 1,
    userRequests: 1,
    userBytesPerSecond: 1,
    tokenLifetimeMs: 1000,
    anybody: true,
    isListed: () => false,
    credentials,
    desk,
    sessions: new Sessions({ credentials, lifetimeMs: 1000, now: () => 0, secretAt }),
    permits: new Permits({ credentials, now: () => 0 }),
    verifierAt: () => 'verifier',
    time,
    timers: quietTimers,
    log: quietLog,
    metrics: quietMetrics,
  })
  const tried = (call: Call, act: () => void): void => {
    try {
      act()
    } catch (error) {
      call.fail(error as RecadoError)
    }
  }
  const logIn = (user: string): void => {
    const data = { user, secret: 'a good secret' }
    const call: Call = {
      request: { service: 'login', id: user, clock: 1, timestamp: 0, data },
      answered: false,
      ok: () => void answered.push(user),
      fail: ({ code }) => void failures.push(code),
      accepted: () => {},
    }
    tried(call, () => logins.logIn(call))
  }
  const majority = (): void => {
    for (const go of asked.splice(0)) go()
  }
  const finish = async (count = turns.length): Promise<void> => {
    for (const end of turns.splice(0, count)) end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { state, failures, answered, logIn, majority, finish }
}

describe('Logins', () => {
  it.each([
    ['a secret', { secret: 'a wrong secret' }],
    ['a secret and a new one', { secret: 'a wrong secret', new_secret: 'a new secret' }],
  ])('do not tell by %s who is there: neither by what they answer, nor by the work', async (_what, data) => {
    const { logIn, permit, credentials } = setUpServers({ anybody: false })
    await logIn({ permit: permit(), new_secret: 'first of ana' })
    const attempt = async (user: string): Promise<{ codes: string[]; work: number }> => {
      let work = 0
      const counted =
        <Arguments extends unknown[], Result>(act: (...args: Arguments) => Result) =>
        (...args: Arguments): Result => {
          work++
          return act(...args)
        }
      const { verifierOf, matches } = credentials
      Object.assign(credentials, { verifierOf: counted(verifierOf), matches: counted(matches) })
      const codes: string[] = []
      for (let count = 0; count < 8; count++) codes.push((await logIn({ user, ...data })).code)
      Object.assign(credentials, { verifierOf, matches })
      return { codes, work }
    }
    const known = await attempt('ana')

    expect(new Set(known.codes)).toEqual(new Set(['denied', 'overloaded']))
    expect(await attempt('bob')).toEqual(known)
  })

  it('of names that nobody may take are told ten a second, and the rest as a number', async () => {
    const { logIn, log, metrics, world } = setUpServers({ anybody: false })
    for (let user = 0; user < 30; user++) await logIn({ user: `user-${user}`, secret: 'first secret' })
    await world.advance(1000)

    const told = log.lines.filter(({ fields }) => fields['audit'] === 'login')
    expect(told.map(({ message }) => message)).toEqual([
      ...Array.from({ length: 10 }, () => 'A login was refused'),
      'Refused more logins: not_listed',
    ])
    expect(told.at(-1)?.fields).toEqual({ audit: 'login', more: 20 })
    expect(metrics.value('recado_logins_total', { result: 'not_listed' })).toBe(30)
  })

  it('work on a bounded number of secrets when many first logins waited for one majority', async () => {
    const { state, failures, answered, logIn, majority, finish } = setUp()
    for (let count = 0; count < AT_ONCE + 10; count++) logIn(`user-${count}`)
    majority()

    expect(state.working).toBe(AT_ONCE)
    expect(failures).toEqual(Array.from({ length: 10 }, () => 'overloaded'))
    await finish()
    expect(answered.length).toBe(AT_ONCE)
    logIn('later')
    majority()
    expect(failures.length).toBe(10)
  })

  it('count once a first login of a name that was taken meanwhile', async () => {
    const { state, failures, answered, logIn, majority, finish } = setUp()
    for (let count = 0; count < AT_ONCE; count++) logIn(`user-${count}`)
    majority()
    state.known.add('user-0')
    await finish(1)
    expect(state.working).toBe(AT_ONCE + 1)
    await finish()

    expect(failures).toEqual([])
    expect(answered.length).toBe(AT_ONCE)
  })

  it('hold nothing against a name whose secret was not looked at', async () => {
    const { state, failures, answered, logIn, majority, finish } = setUp()
    for (let count = 0; count < AT_ONCE; count++) logIn(`user-${count}`)
    majority()
    state.known.add('ana')
    for (let count = 0; count < 10; count++) logIn('ana')
    expect(failures).toEqual(Array.from({ length: 10 }, () => 'overloaded'))
    await finish()
    logIn('ana')
    await finish()

    expect(answered).toContain('ana')
  })
})
