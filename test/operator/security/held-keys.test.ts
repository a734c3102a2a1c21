import { describe, expect, it } from 'vitest'
import {
  advanceRotation,
  beginRotation,
  HeldKeys,
  type Keyring,
  newKeyring,
  withUsers,
} from '../../../src/operator/security/index.ts'
import type { KubeObject } from '../../../src/ports/index.ts'
import { testKeyMaker } from '../support/key-maker.ts'

const make = testKeyMaker()
const first = newKeyring(make)
const secretOf = (resourceVersion: string, uid = 'uid-1'): KubeObject => {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'chat-keys', uid, resourceVersion } }
}
const at = (ms: number) => ({ monotonic: ms, wall: 1_000_000 + ms })

/** Holds the first keys, and counts how often links were made anew. */
function holding(): {
  held: HeldKeys
  renewals: () => number
  take: (keyring: Keyring, ms?: number) => void
} {
  const held = new HeldKeys()
  let version = 1
  let renewals = 0
  const take = (keyring: Keyring, ms = 0): void => held.take(secretOf(String(version++)), keyring, at(ms))
  take(first)
  held.pass?.onChange(() => renewals++)
  return { held, take, renewals: () => renewals }
}

describe('the keys that an operator holds', () => {
  it('are shown at refs as they are now, and links are made anew when those of refs change', () => {
    const { held, take, renewals } = holding()
    const pass = held.pass
    const rotating = beginRotation(first, 'monday', make)

    take(withUsers(first, { keys: [{ name: 'ana', key: make.pair().publicKey }] }))
    expect(renewals()).toBe(0)
    take(rotating)
    expect(renewals()).toBe(1)
    expect(pass?.trusted).toEqual(rotating.lists.back.map(({ key }) => key))
    take(advanceRotation(rotating))
    expect(renewals()).toBe(2)
    expect(pass?.pair).toEqual(rotating.next?.operator)
  })

  it('know a watch that lags by what was replaced, and not by an object made anew', () => {
    const { held, take } = holding()
    take(first)

    expect(held.isReplaced(secretOf('1'))).toBe(true)
    expect(held.isReplaced(secretOf('2'))).toBe(false)
    expect(held.isReplaced(secretOf('1', 'uid-2'))).toBe(false)
  })

  it('say since when a step was seen, and when they changed in this operator’s time', () => {
    const { held, take } = holding()
    const rotating = beginRotation(first, 'monday', make)

    expect(held.changedAt).toBeUndefined()
    take(rotating, 5000)
    take(withUsers(rotating, { keys: [{ name: 'ana', key: make.pair().publicKey }] }), 9000)
    expect(held.stepAt).toBe(5000)
    expect(held.changedAt).toBe(1_009_000)
  })
})
