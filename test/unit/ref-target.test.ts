import { describe, expect, it } from 'vitest'
import { Target } from '../../src/ref/target.ts'
import type { Heartbeat } from '../../src/wire/index.ts'

const NAMES = ['a', 'b', 'c']

describe('Target', () => {
  it('is held once most have on disk all that anyone had, who has not caught up left out', () => {
    const target = new Target([beat('a', { 'a/1': 2 }), beat('b', { 'b/1': 3 }), beat('c')])
    const all = { 'a/1': 2, 'b/1': 3 }
    expect(target.isHeldBy(NAMES, [beat('a', all), beat('b', { 'b/1': 9 }), beat('c')])).toBe(false)
    expect(target.isHeldBy(NAMES, [beat('a', all), joining('b', all), beat('c')])).toBe(false)
    expect(target.isHeldBy(NAMES, [beat('a', all), beat('b', { ...all, 'b/1': 9 }), beat('c')])).toBe(true)
  })

  it('is outdated when one who was asked has ended or started again, and not when another came', () => {
    const target = new Target([beat('a'), beat('b'), beat('c')])
    expect(target.isOutdated(NAMES, [beat('a'), beat('b'), beat('c'), beat('d')])).toBe(false)
    expect(target.isOutdated(NAMES, [beat('a'), beat('b')])).toBe(true)
    expect(target.isOutdated(NAMES, [beat('a'), beat('b'), beat('c', {}, 2)])).toBe(true)
  })

  it('stays while too few have caught up to tell what was acknowledged', () => {
    const target = new Target([beat('a'), beat('b'), beat('c')])
    expect(target.isOutdated(NAMES, [beat('a')])).toBe(false)
    expect(target.isOutdated(NAMES, [beat('a'), joining('b')])).toBe(false)
  })
})

function beat(name: string, durable: Record<string, number> = {}, incarnation = 1): Heartbeat {
  return { cluster: 'default/recado', name, role: 'server', address: '', incarnation, state: 'up', durable }
}

function joining(name: string, durable: Record<string, number> = {}): Heartbeat {
  return { ...beat(name, durable), state: 'joining' }
}
