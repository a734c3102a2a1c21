import { describe, expect, it } from 'vitest'
import { openCredentials } from '../../../src/adapters/credentials.ts'
import { makeKey } from '../../../src/adapters/keys/index.ts'
import { FailedLogins } from '../../../src/server/failed-logins.ts'
import { Sessions } from '../../../src/server/sessions.ts'
import type { Position } from '../../../src/wire/index.ts'

const NOW = 1_800_000_000_000
const SECRET: Position = { clock: 5, origin: 'server-1', incarnation: 1, seq: 1 }
const notLoggedIn = expect.objectContaining({ code: 'not_logged_in' })

function setUp(keys = [makeKey()]) {
  const state = { now: NOW, keys, secret: SECRET as Position | undefined }
  const sessions = new Sessions({
    credentials: openCredentials(() => state.keys),
    lifetimeMs: 60_000,
    now: () => state.now,
    secretAt: () => state.secret,
  })
  return { sessions, state }
}

const thrown = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('Sessions', () => {
  it('tells by a token whose it is, at another server too, until it expires', () => {
    const keys = [makeKey()]
    const { token } = setUp(keys).sessions.tokenFor('ana', SECRET)
    const { sessions, state } = setUp(keys)

    expect(sessions.userOf(token)).toBe('ana')
    state.now = NOW + 59_999
    expect(sessions.userOf(token)).toBe('ana')
    state.now = NOW + 60_000
    expect(thrown(() => sessions.userOf(token))).toEqual(notLoggedIn)
  })

  it('refuses what another cluster signed', () => {
    const { token } = setUp().sessions.tokenFor('ana', SECRET)

    expect(thrown(() => setUp().sessions.userOf(token))).toEqual(notLoggedIn)
  })

  it('takes what the former key signed while that is listed', () => {
    const { sessions, state } = setUp()
    const { token } = sessions.tokenFor('ana', SECRET)
    const [former] = state.keys
    const rotated = setUp([makeKey(), former as string])

    expect(rotated.sessions.userOf(token)).toBe('ana')
    expect(thrown(() => setUp([makeKey()]).sessions.userOf(token))).toEqual(notLoggedIn)
  })

  it('refuses what it took before when the key that signed it is listed no more', () => {
    const { sessions, state } = setUp()
    const { token } = sessions.tokenFor('ana', SECRET)
    expect(sessions.userOf(token)).toBe('ana')
    state.keys.unshift(makeKey())
    expect(sessions.userOf(token)).toBe('ana')
    state.keys.splice(0, 2, makeKey(), state.keys[0] as string)

    expect(thrown(() => sessions.userOf(token))).toEqual(notLoggedIn)
  })

  it('refuses one for longer than a login gives, but for what clocks may be apart', () => {
    const { sessions, state } = setUp()
    const { token } = sessions.tokenFor('ana', SECRET)
    state.now = NOW - 60_000
    expect(sessions.userOf(token)).toBe('ana')
    state.now = NOW - 60_001

    expect(thrown(() => sessions.userOf(token))).toEqual(notLoggedIn)
  })

  it('refuses who took a name at the same moment as another and came second in the order', () => {
    const { sessions, state } = setUp()
    const { token } = sessions.tokenFor('ana', SECRET)
    state.secret = { ...SECRET, clock: 4, origin: 'server-2' }

    expect(thrown(() => sessions.userOf(token))).toEqual(notLoggedIn)
  })
})

describe('credentials', () => {
  it('keep of a secret only what checks it, never twice the same', async () => {
    const credentials = openCredentials(() => [makeKey()])
    const [first, second] = [
      await credentials.verifierOf('a secret'),
      await credentials.verifierOf('a secret'),
    ]

    expect(first).not.toBe(second)
    expect(first).not.toContain('a secret')
    expect(await credentials.matches('a secret', first)).toBe(true)
    expect(await credentials.matches('a Secret', first)).toBe(false)
    expect(await credentials.matches('a secret', 'nothing')).toBe(false)
  })
})

describe('FailedLogins', () => {
  it('forgives one failure of a name in ten seconds, and counts tries that are under way', () => {
    let now = 0
    const failed = new FailedLogins({ monotonic: () => now, wall: () => 0 })
    for (let tries = 0; tries < 5; tries++) {
      failed.check('ana')
      failed.began('ana')
    }
    expect(thrown(() => failed.check('ana'))).toEqual(expect.objectContaining({ code: 'overloaded' }))
    expect(thrown(() => failed.check('rui'))).toBeUndefined()
    now = 10_000
    expect(thrown(() => failed.check('ana'))).toBeUndefined()
  })

  it('does not count who succeeds', () => {
    const failed = new FailedLogins({ monotonic: () => 0, wall: () => 0 })
    for (let tries = 0; tries < 1000; tries++) {
      failed.check('ana')
      failed.began('ana')
      failed.succeeded('ana')
    }
    expect(thrown(() => failed.check('ana'))).toBeUndefined()
  })
})
