import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Position, positionName, renderSecretChange } from '../../../src/wire/index.ts'
import { HOUR_MS, setUp } from './login-servers.ts'

describe('A login with a permit', () => {
  it('sets the secret of who has forgotten it, after which the former one and its tokens are refused', async () => {
    const { accepted, codeOf, hearAll, logIn, permit, servers, world } = setUp()
    await logIn({ permit: permit(), new_secret: 'first of ana' })
    const { token: former } = await logIn({ secret: 'first of ana' }, 1)
    world.run(1)
    const { code, token } = await logIn({ permit: permit(), new_secret: 'second of ana' }, 1)

    expect(code).toBe('ok')
    expect(accepted.map(({ kind }) => kind)).toEqual(['secret', 'change'])
    hearAll()
    expect(await codeOf({ secret: 'first of ana' }, 0)).toBe('denied')
    expect(await codeOf({ secret: 'second of ana' }, 0)).toBe('ok')
    for (const { sessions } of servers) {
      expect(sessions.userOf(token)).toBe('ana')
      expect(() => sessions.userOf(former)).toThrow(expect.objectContaining({ code: 'not_logged_in' }))
    }
  })

  it('takes a name that has no secret, which nobody else may where it was there before', async () => {
    const { codeOf, permit } = setUp({ anybody: false })

    expect(await codeOf({ secret: 'first of ana' })).toBe('denied')
    expect(await codeOf({ permit: permit(), new_secret: 'first of ana' })).toBe('ok')
    expect(await codeOf({ secret: 'first of ana' }, 1)).toBe('ok')
  })

  it('sent again, at any server, is ok and changes nothing', async () => {
    const { accepted, codeOf, permit } = setUp()
    const data = { permit: permit(), new_secret: 'first of ana' }

    expect([await codeOf(data), await codeOf(data), await codeOf(data, 1)]).toEqual(['ok', 'ok', 'ok'])
    expect(accepted).toHaveLength(1)
  })

  it('is denied when the permit was used for another secret, or a later one was', async () => {
    const { accepted, codeOf, permit, world } = setUp()
    const earlier = permit()
    world.run(1)
    const later = permit()
    await codeOf({ permit: later, new_secret: 'first of ana' })

    expect(await codeOf({ permit: later, new_secret: 'second of ana' })).toBe('denied')
    expect(await codeOf({ permit: earlier, new_secret: 'third of ana' }, 1)).toBe('denied')
    expect(accepted).toHaveLength(1)
  })

  it('is denied when the permit was used and the secret has been changed since', async () => {
    const { accepted, codeOf, permit } = setUp()
    const used = { permit: permit(), new_secret: 'first of ana' }
    await codeOf(used)
    await codeOf({ secret: 'first of ana', new_secret: 'second of ana' })

    expect(await codeOf(used)).toBe('denied')
    expect(accepted).toHaveLength(2)
  })

  it('cannot be kept off by somebody who has the former secret and changes it again and again', async () => {
    const { codeOf, permit, world } = setUp()
    await codeOf({ permit: permit(), new_secret: 'number 0' })
    world.run(1)
    const given = permit()
    for (let number = 1; number <= 3; number++) {
      world.run(60_000)
      await codeOf({ secret: `number ${number - 1}`, new_secret: `number ${number}` })
    }

    expect(await codeOf({ permit: given, new_secret: 'of ana herself' }, 1)).toBe('ok')
    expect(await codeOf({ secret: 'number 3', new_secret: 'number 4' })).toBe('denied')
  })

  it('counts for more than a change at the same moment by who has the former secret, though that comes last', async () => {
    const { accepted, codeOf, hearAll, permit, world } = setUp()
    await codeOf({ permit: permit(), new_secret: 'first of ana' })
    hearAll()
    world.run(1)
    await Promise.all([
      codeOf({ permit: permit(), new_secret: 'of ana herself' }, 0),
      codeOf({ secret: 'first of ana', new_secret: 'of the thief' }, 1),
    ])
    hearAll()

    expect(accepted.at(-1)?.message).toContain('of the thief')
    expect(await codeOf({ secret: 'of ana herself' }, 1)).toBe('ok')
    expect(await codeOf({ secret: 'of the thief' }, 1)).toBe('denied')
    expect(await codeOf({ secret: 'of ana herself', new_secret: 'fourth of ana' }, 1)).toBe('ok')
    expect(await codeOf({ secret: 'fourth of ana' })).toBe('ok')
  })

  it('is worked on once, however often the secret is changed meanwhile', async () => {
    const { accepted, codeOf, credentials, permit, servers, world } = setUp()
    await codeOf({ permit: permit(), new_secret: 'first of ana' })
    const claim = positionName(accepted[0]?.position as Position)
    world.run(1)
    let works = 0
    credentials.verifierOf = async (secret) => {
      works++
      const position = { clock: 100 + works, origin: 'thief', incarnation: 1, seq: works }
      const message = renderSecretChange({ claim, verifier: `checks$number ${works}`, permit: 0 })
      if (works < 10) servers[0]?.hear({ position, kind: 'change', message, level: 'quorum' })
      return `checks$${secret}`
    }

    expect(await codeOf({ permit: permit(), new_secret: 'of ana herself' })).toBe('ok')
    expect(works).toBe(1)
  })

  it('is not kept waiting by those who guess her secret', async () => {
    const { codeOf, permit } = setUp()
    await codeOf({ permit: permit('ana', 1_800_000_000_000 - 1), new_secret: 'first of ana' })
    for (let tries = 0; tries < 5; tries++) await codeOf({ secret: `guess ${tries} of hers` })
    expect(await codeOf({ secret: 'first of ana' })).toBe('overloaded')

    expect(await codeOf({ permit: permit(), new_secret: 'second of ana' })).toBe('ok')
  })

  it.each([
    ['one', 'quorum'],
    ['quorum', 'quorum'],
    ['all', 'all'],
  ])('has what it sets held by a majority at least, where a server asks for %s', async (acks, level) => {
    const { accepted, codeOf, permit, world } = setUp({ acks })
    await codeOf({ permit: permit(), new_secret: 'first of ana' })
    world.run(1)
    await codeOf({ permit: permit(), new_secret: 'second of ana' })

    expect(accepted).toMatchObject([{ level }, { level }])
  })

  it.each([
    ['one', 'quorum'],
    ['quorum', 'quorum'],
    ['all', 'all'],
  ])(
    'sent again is answered once a majority holds it too, where a server asks for %s',
    async (acks, level) => {
      const { awaited, codeOf, permit } = setUp({ acks })
      const data = { permit: permit(), new_secret: 'first of ana' }

      expect([await codeOf(data), await codeOf(data)]).toEqual(['ok', 'ok'])
      expect(awaited).toEqual([level])
    },
  )

  it.each([
    ['both a secret and a permit', { secret: 'first of ana', new_secret: 'second of ana' }],
    ['no new secret', {}],
    ['a new secret that is too short', { new_secret: 'short' }],
  ])('is a bad request with %s', async (_, data) => {
    const { codeOf, permit } = setUp()

    expect(await codeOf({ permit: permit(), ...data })).toBe('bad_request')
  })

  it('that says nothing is denied, counted as a failed login, told with the reason, and shown to nobody', async () => {
    const { codeOf, logIn, log, metrics, permit, time, accepted } = setUp()
    const now = time.wall()
    const wrong: [string, string][] = [
      ['another_user', permit('rui')],
      ['expired', permit('ana', now - HOUR_MS)],
      ['not_yet', permit('ana', now + 2 * HOUR_MS)],
      ['too_long', permit('ana', now, 25 * HOUR_MS)],
      ['not_signed', permit().slice(0, -1)],
    ]
    const outcomes: { code: string; message: string }[] = []
    for (const [, each] of wrong) outcomes.push(await logIn({ permit: each, new_secret: 'a new secret' }))

    expect(outcomes.map(({ code }) => code)).toEqual(wrong.map(() => 'denied'))
    expect(log.lines.map(({ fields }) => fields)).toEqual(
      wrong.map(([fault]) => ({ audit: 'login', user: 'ana', result: 'wrong_permit', fault })),
    )
    expect(metrics.value('recado_logins_total', { result: 'wrong_permit' })).toBe(5)
    expect(await codeOf({ permit: 'none at all', new_secret: 'a new secret' })).toBe('overloaded')
    expect(accepted).toEqual([])
    for (const [, each] of wrong) {
      expect(JSON.stringify([outcomes, log.lines])).not.toContain(each.slice(-20))
    }
  })

  it('is no way to guess a secret more often, once the permit is used', async () => {
    const { codeOf, permit } = setUp()
    const used = permit()
    await codeOf({ permit: used, new_secret: 'first of ana' })
    const outcomes: string[] = []
    for (let tries = 0; tries < 6; tries++)
      outcomes.push(await codeOf({ permit: used, new_secret: `guess ${tries} of it` }))

    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'denied'), 'overloaded'])
  })

  it('is told to the log with the time at which the permit was issued', async () => {
    const { codeOf, log, permit, time } = setUp()
    await codeOf({ permit: permit(), new_secret: 'first of ana' })

    expect(log.lines[0]?.fields).toEqual({ audit: 'secret_changed', user: 'ana', permit_issued: time.wall() })
  })

  it('of two at the same moment at one server sets one secret, and the other is denied', async () => {
    const { accepted, codeOf, permit } = setUp()
    const data = { permit: permit() }
    const outcomes = await Promise.all(
      ['one of ana', 'other of ana'].map((secret) => codeOf({ ...data, new_secret: secret })),
    )

    expect(outcomes.toSorted()).toEqual(['denied', 'ok'])
    expect(accepted).toHaveLength(1)
  })

  it('of two at the same moment leaves one secret, the same everywhere', async () => {
    const { codeOf, hearAll, permit, servers } = setUp()
    const data = { permit: permit() }
    const outcomes = await Promise.all([
      codeOf({ ...data, new_secret: 'one of ana' }, 0),
      codeOf({ ...data, new_secret: 'other of ana' }, 1),
    ])
    hearAll()

    expect(outcomes).toContain('ok')
    expect(new Set(servers.map(({ secrets }) => JSON.stringify(secrets.of('ana')))).size).toBe(1)
    const after = [await codeOf({ secret: 'one of ana' }), await codeOf({ secret: 'other of ana' })]
    expect(after.toSorted()).toEqual(['denied', 'ok'])
    expect(await codeOf({ ...data, new_secret: 'a third of ana' })).toBe('denied')
  })

  it('sets at most one secret for each permit, whatever is asked in whatever order at whatever server', async () => {
    const asks = fc.array(
      fc.record({
        at: fc.nat(2),
        secret: fc.nat(3),
        by: fc.oneof(fc.nat(3), fc.constant('secret' as const)),
      }),
      { minLength: 1, maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(asks, async (plan) => {
        const { accepted, codeOf, hearAll, permit, time, servers, world } = setUp({ servers: 3 })
        const begin = time.wall()
        const permits = [0, 1, 2, 3].map((number) => permit('ana', begin + number, 24 * HOUR_MS))
        const secretOf = (number: number): string => `secret number ${number}`
        const [outcomes, expected, uses] = [[] as string[], [] as string[], [] as unknown[]]
        // What counts, and which permits are used up, as the rules say.
        let [current, used] = [undefined as number | undefined, -1]
        for (const { at, secret, by } of plan) {
          world.run(60_000)
          const next = { new_secret: secretOf(secret) }
          const before = accepted.length
          if (by !== 'secret') {
            outcomes.push(await codeOf({ permit: permits[by], ...next }, at))
            expected.push(by > used || current === secret ? 'ok' : 'denied')
            if (accepted.length > before) uses.push(by)
            if (by > used) [current, used] = [secret, by]
          } else if (current !== undefined && current !== secret) {
            outcomes.push(await codeOf({ secret: secretOf(current), ...next }, at))
            expected.push('ok')
            current = secret
          }
        }
        hearAll()
        outcomes.push(await codeOf({ secret: secretOf(current ?? 0) }, 2))

        expect(outcomes).toEqual([...expected, current === undefined ? 'denied' : 'ok'])
        expect(new Set(uses).size).toBe(uses.length)
        expect(new Set(servers.map(({ secrets }) => JSON.stringify(secrets.of('ana')))).size).toBe(1)
      }),
    )
  })
})
