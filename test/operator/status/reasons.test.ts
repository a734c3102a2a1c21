import { describe, expect, it } from 'vitest'
import { EVENT_REASONS, REASONS, USER_REASONS } from '../../../src/operator/status/index.ts'
import { filesOf } from '../../tidy/tree.ts'

const code = filesOf('src/operator', ['.ts']).filter(({ path }) => !path.endsWith('reasons.ts'))
const text = code.map((file) => file.text).join('\n')

describe('the catalogues of reasons', () => {
  it.each(Object.keys(REASONS))('have %s, which a condition may get', (name) => {
    expect(text.includes(`'${name}'`)).toBe(true)
  })

  it.each(Object.keys(USER_REASONS))('have %s, which the condition of a user may get', (name) => {
    expect(text.includes(`'${name}'`)).toBe(true)
  })

  it.each(Object.keys(EVENT_REASONS))('have %s, which an Event may get', (name) => {
    expect(text.includes(`'${name}'`)).toBe(true)
  })

  it('have every reason of an Event that is recorded', () => {
    const recorded = [...text.matchAll(/reason: '(\w+)',\s+action:/g)].map(([, name]) => name)
    expect(recorded.length).toBeGreaterThan(3)
    expect(recorded.filter((name) => !Object.hasOwn(EVENT_REASONS, name ?? ''))).toEqual([])
  })

  it('say of every reason for which a user is not ready what to do', () => {
    const bad = Object.entries(USER_REASONS).filter(([, reason]) => !('cure' in reason))
    expect(bad.map(([name]) => name)).toEqual(['Ready'])
  })

  it('say of every reason for which there is something to do what that is', () => {
    const bad = Object.entries(REASONS).filter(([, reason]) => {
      return (reason.of as readonly string[]).includes('Degraded') && !('cure' in reason)
    })
    expect(bad.map(([name]) => name)).toEqual(['Healthy'])
  })
})
