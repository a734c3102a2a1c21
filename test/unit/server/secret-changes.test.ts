import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../../src/ports/index.ts'
import { Logins } from '../../../src/server/logins.ts'
import { Permits } from '../../../src/server/permits.ts'
import type { Answer, Call, Desk } from '../../../src/server/services/index.ts'
import { Sessions } from '../../../src/server/sessions.ts'
import { type Position, parseSecretChange, RecadoError } from '../../../src/wire/index.ts'
import { quietLog, quietMetrics, quietTimers } from '../../support/quiet.ts'

const at = (seq: number): Position => ({ clock: seq, origin: 's', incarnation: 1, seq })

/** A server at which ana has the secret `first`, and a majority that tells it what `news` says. */
function setUp(acks: 'one' | 'quorum' | 'all' = 'quorum') {
  const secrets = new Map([[1, 'first secret']])
  let [claim, last] = [1, 1]
  const accepted: { kind: string; message: string; level: string }[] = []
  const awaited: string[] = []
  const outcomes: unknown[] = []
  let news = (): void => {}
  const set = (seq: number, secret: string): void => {
    secrets.set(seq, secret)
    last = seq
  }
  const take = (seq: number): void => {
    claim = seq
    last = seq
  }
  const credentials: Credentials = {
    verifierOf: async (secret) => secret,
    matches: async (secret, verifier) => secret === verifier,
    sign: () => 'signature',
    isSigned: () => true,
    generation: () => 0,
  }
  const tried = (call: Call, act: () => void): void => {
    try {
      act()
    } catch (error) {
      call.fail(error as RecadoError)
    }
  }
  const answered = (call: Call, data: object | RecadoError): void =>
    data instanceof RecadoError ? call.fail(data) : call.ok(data as Record<string, unknown>)
  const desk = {
    acks,
    secretOf: () => ({ claim: at(claim), secret: at(last), permitted: 0 }),
    knowsUser: () => true,
    hear: () => {},
    afterMajority(call: Call, go: () => void) {
      news()
      tried(call, go)
    },
    awaitHeld(call: Call, position: Position, level: string, answer: Answer) {
      awaited.push(level)
      answered(call, answer(position))
    },
    accept(call: Call, { kind, message }: { kind: string; message: string }, level: string, answer: Answer) {
      accepted.push({ kind, message, level })
      const operation = at(100 + accepted.length)
      set(operation.seq, parseSecretChange(message).verifier)
      answered(call, answer(operation))
    },
  } as unknown as Desk
  const logins = new Logins({
    userChannels: 1,
    userRequests: 1,
    userBytesPerSecond: 1,
    tokenLifetimeMs: 1000,
    anybody: true,
    isListed: () => false,
    credentials,
    desk,
    sessions: new Sessions({ credentials, lifetimeMs: 1000, now: () => 0, secretAt: () => at(last) }),
    permits: new Permits({ credentials, now: () => 0 }),
    verifierAt: ({ seq }) => secrets.get(seq),
    time: { monotonic: () => 0, wall: () => 0 },
    timers: quietTimers,
    log: quietLog,
    metrics: quietMetrics,
  })
  const logIn = async (data: object): Promise<unknown> => {
    const call: Call = {
      request: { service: 'login', id: '1', clock: 1, timestamp: 0, data: { user: 'ana', ...data } },
      answered: false,
      ok: (found) => void outcomes.push(found?.['token']),
      fail: ({ code }) => void outcomes.push(code),
      accepted: () => {},
    }
    tried(call, () => logins.logIn(call))
    await new Promise((resolve) => setImmediate(resolve))
    return outcomes.at(-1)
  }
  const tell = (what: () => void): void => {
    news = what
  }
  return { accepted, awaited, set, take, tell, logIn, credentials }
}

const change = { secret: 'first secret', new_secret: 'second secret' }

/** What a server asks for, and how a change of a secret must be held. */
const LEVELS = [
  ['one', 'quorum'],
  ['quorum', 'quorum'],
  ['all', 'all'],
] as const

describe('Logins', () => {
  it('change a secret by an operation that names the one which set the first', async () => {
    const { accepted, logIn } = setUp()

    expect(await logIn(change)).toBe('ana:1000:s-1-2t:signature')
    expect(accepted).toEqual([{ kind: 'change', message: 's-1-1 second secret', level: 'quorum' }])
    expect(await logIn({ secret: 'second secret' })).toBe('ana:1000:s-1-2t:signature')
    expect(await logIn({ secret: 'first secret' })).toBe('denied')
  })

  it('make no second operation of a change that is sent again', async () => {
    const { accepted, logIn } = setUp()
    await logIn(change)

    expect(await logIn(change)).toBe('ana:1000:s-1-2t:signature')
    expect(accepted).toHaveLength(1)
  })

  it.each(LEVELS)(
    'have a change held by a majority at least, where a server asks for %s',
    async (acks, level) => {
      const { accepted, logIn } = setUp(acks)
      await logIn(change)

      expect(accepted).toMatchObject([{ level }])
    },
  )

  it.each(LEVELS)(
    'answer a change that is sent again once a majority holds it, where a server asks for %s',
    async (acks, level) => {
      const { awaited, logIn } = setUp(acks)
      await logIn(change)
      await logIn(change)

      expect(awaited).toEqual([level])
    },
  )

  it('let in by a secret as a server asks', async () => {
    const { awaited, logIn } = setUp('one')
    await logIn({ secret: 'first secret' })

    expect(awaited).toEqual(['one'])
  })

  it('ask a majority before they change a secret, for that may be changed already', async () => {
    const { accepted, logIn, tell, set } = setUp()
    tell(() => set(7, 'of another server'))

    expect(await logIn(change)).toBe('denied')
    expect(accepted).toEqual([])
  })

  it('ask a majority before they call a secret wrong, for it may be a new one', async () => {
    const { logIn, tell, set } = setUp()
    tell(() => set(7, 'second secret'))

    expect(await logIn({ secret: 'second secret' })).toBe('ana:1000:s-1-7:signature')
  })

  it('look again when another change comes while they work on one', async () => {
    const { accepted, logIn, set, credentials } = setUp()
    credentials.verifierOf = async (secret) => {
      set(7, 'of another server')
      return secret
    }

    expect(await logIn(change)).toBe('denied')
    expect(accepted).toEqual([])
  })

  it('tell who came second that the name is taken, whatever it has changed', async () => {
    const { logIn, take, credentials } = setUp()
    credentials.matches = async (secret, verifier) => {
      take(3)
      return secret === verifier
    }

    expect(await logIn({ secret: 'first secret' })).toBe('name_taken')
  })
})
