import { describe, expect, it } from 'vitest'
import { PassingMap } from '../../src/broker/passing-map.ts'
import { grownBy } from '../support/collect.ts'

const MANY = 20_000
const VALUE_BYTES = 400

/** MiB by which the old generation grows while many values pass through a map, a few at a time. */
function grownByPassing(map: {
  set(key: number, value: unknown): unknown
  delete(key: number): boolean
}): number {
  return grownBy(MANY, (key) => {
    map.set(
      key,
      Array.from({ length: VALUE_BYTES / 8 }, () => key),
    )
    map.delete(key - 10)
  })
}

describe('PassingMap', () => {
  it('keeps what was added and not deleted, in that order', () => {
    const map = new PassingMap<number, string>()
    const expected = new Map<number, string>()
    for (let key = 0; key < 10_000; key++) {
      map.set(key, `${key}`)
      expected.set(key, `${key}`)
      const gone = (key * 7919) % 10_000
      expect(map.delete(gone)).toBe(expected.delete(gone))
    }

    expect([...map.values()]).toEqual([...expected.values()])
    expect(map.size).toBe(expected.size)
    expect([...expected.keys()].every((key) => map.get(key) === `${key}`)).toBe(true)
  })

  it('lets what was taken out be collected with the young generation', () => {
    expect(grownByPassing(new PassingMap())).toBeLessThan(0.5)
  })

  it('is needed, for what was taken out of a Map grows old', () => {
    expect(grownByPassing(new Map())).toBeGreaterThan(2)
  })
})
