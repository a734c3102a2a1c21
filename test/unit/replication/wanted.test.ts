import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/replication/identity.ts'
import { Wanted } from '../../../src/replication/wanted.ts'
import { quietLog } from '../../support/quiet.ts'

describe('Wanted', () => {
  it.each(['leaving', 'removed'] as const)('ends accepting when ref says %s, and not twice', (word) => {
    const { condition, wanted } = ofOne('up')
    wanted.told(word)
    expect(wanted.apply()).toBe(true)
    expect(condition.state).toBe('leaving')
    expect(wanted.apply()).toBe(false)
  })

  it('keeps what was said while the server was joining until it is up', () => {
    const { condition, wanted } = ofOne('joining')
    wanted.told('removed')
    expect(wanted.apply()).toBe(false)
    condition.state = 'up'
    expect(wanted.apply()).toBe(true)
    expect(condition.state).toBe('leaving')
  })

  it.each(['up', 'joining'] as const)('lets accepting go on when ref says %s again', (word) => {
    const { condition, wanted } = ofOne('leaving')
    wanted.told('leaving')
    wanted.told(word)
    expect(wanted.apply()).toBe(true)
    expect(condition.state).toBe('up')
  })

  it.each(['suspect', 'down', undefined] as const)('takes %s for no word on the matter', (word) => {
    const { condition, wanted } = ofOne('up')
    wanted.told('leaving')
    wanted.told(word)
    expect(wanted.apply()).toBe(true)
    expect(condition.state).toBe('leaving')
  })
})

function ofOne(state: Condition['state']): { condition: Condition; wanted: Wanted } {
  const condition: Condition = { state, intact: true, rank: 1 }
  return { condition, wanted: new Wanted(condition, quietLog) }
}
