import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCredentials } from '../../../src/adapters/credentials.ts'
import { makeKey } from '../../../src/adapters/keys/index.ts'
import { Permits } from '../../../src/server/permits.ts'
import { Sessions } from '../../../src/server/sessions.ts'
import {
  PERMIT_LIFETIME_MS_MAX,
  type Position,
  parsePermit,
  parseToken,
  permitText,
} from '../../../src/wire/index.ts'

const NOW = 1_800_000_000_000
const MINUTE_MS = 60_000
const SECRET: Position = { clock: 5, origin: 'server-1', incarnation: 1, seq: 1 }

function setUp() {
  const state = { now: NOW, keys: [makeKey()] }
  const credentials = openCredentials(() => state.keys)
  const permits = new Permits({ credentials, now: () => state.now })
  const sessions = new Sessions({
    credentials,
    lifetimeMs: 60 * MINUTE_MS,
    now: () => state.now,
    secretAt: () => SECRET,
  })
  const signed = (text: string): string => `${text}:${credentials.sign(text)}`
  const permit = (user: string, issued = NOW, lifetimeMs = 60 * MINUTE_MS): string =>
    signed(permitText(user, issued, issued + lifetimeMs))
  return { state, permits, sessions, signed, permit }
}

const names = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)

describe('Permits', () => {
  it('tell when a permit was issued, until it expires', () => {
    const { permits, permit, state } = setUp()
    const given = permit('ana')

    expect(permits.issuedAt(given, 'ana')).toBe(NOW)
    state.now = NOW + 60 * MINUTE_MS - 1
    expect(permits.issuedAt(given, 'ana')).toBe(NOW)
    state.now = NOW + 60 * MINUTE_MS
    expect(permits.issuedAt(given, 'ana')).toBe('expired')
  })

  it('refuse one for another user', () => {
    const { permits, permit } = setUp()

    expect(permits.issuedAt(permit('rui'), 'ana')).toBe('another_user')
  })

  it('refuse one for longer than any is given, or from later than clocks are apart', () => {
    const { permits, permit } = setUp()

    expect(permits.issuedAt(permit('ana', NOW, PERMIT_LIFETIME_MS_MAX), 'ana')).toBe(NOW)
    expect(permits.issuedAt(permit('ana', NOW, PERMIT_LIFETIME_MS_MAX + 1), 'ana')).toBe('too_long')
    expect(permits.issuedAt(permit('ana', NOW + MINUTE_MS), 'ana')).toBe(NOW + MINUTE_MS)
    expect(permits.issuedAt(permit('ana', NOW + MINUTE_MS + 1), 'ana')).toBe('not_yet')
    expect(permits.issuedAt(permit('ana', NOW + PERMIT_LIFETIME_MS_MAX), 'ana')).toBe('not_yet')
  })

  it('take what the former key signed while that is listed, and nothing that another cluster signed', () => {
    const { permits, permit, state } = setUp()
    const given = permit('ana')
    state.keys = [makeKey(), ...state.keys]
    expect(permits.issuedAt(given, 'ana')).toBe(NOW)
    state.keys = state.keys.slice(0, 1)

    expect(permits.issuedAt(given, 'ana')).toBe('not_signed')
    expect(permits.issuedAt(setUp().permit('ana'), 'ana')).toBe('not_signed')
  })

  it('refuse every permit that was cut, or of which a letter was changed', () => {
    const { permits, permit } = setUp()
    const given = permit('ana')
    const at = fc.nat(given.length - 1)
    const letter = fc.constantFrom('a', 'X', '0', '9', '.', '_', '-', ':', ' ')

    fc.assert(
      fc.property(at, letter, (index, other) => {
        const changed = `${given.slice(0, index)}${other}${given.slice(index + 1)}`
        for (const wrong of [
          given.slice(0, index),
          given.slice(index + 1),
          ...(changed === given ? [] : [changed]),
        ])
          expect(['no_permit', 'not_signed']).toContain(permits.issuedAt(wrong, 'ana'))
      }),
    )
  })

  it.each([undefined, null, 7, '', new Uint8Array(8), 'permit:ana:1:2', `permit:ana:1:2:${'x'.repeat(300)}`])(
    'refuse %j',
    (wrong) => {
      expect(setUp().permits.issuedAt(wrong, 'ana')).toBe('no_permit')
    },
  )

  it('take no token, and sessions take no permit, whatever the names', () => {
    const { permits, sessions, permit } = setUp()

    fc.assert(
      fc.property(fc.oneof(names, fc.constant('permit')), (user) => {
        const [{ token }, given] = [sessions.tokenFor(user, SECRET), permit(user)]
        expect(permits.issuedAt(token, user)).toBe('no_permit')
        expect(() => sessions.userOf(given)).toThrow(expect.objectContaining({ code: 'not_logged_in' }))
      }),
    )
  })

  it('and tokens have no text in common that could be signed, whatever a cluster has signed', () => {
    const { signed } = setUp()
    const words = fc.array(fc.oneof(names, fc.constantFrom('permit', '1', '1800000000000')), {
      minLength: 1,
      maxLength: 6,
    })

    fc.assert(
      fc.property(words, (parts) => {
        const text = signed(parts.join(':'))
        expect(parsePermit(text) !== undefined && parseToken(text) !== undefined).toBe(false)
      }),
    )
  })
})
