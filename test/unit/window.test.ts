import { describe, expect, it } from 'vitest'
import { Window } from '../../src/client/window.ts'

/** A window of so many items, each of which is its number. */
function windowOf(count: number): Window<number> {
  const window = new Window<number>()
  for (let number = 1; number <= count; number++) window.add(number)
  return window
}

describe('Window', () => {
  it('begins at the oldest that is left when others are taken out', () => {
    const window = windowOf(4)
    window.delete(3)
    window.delete(1)
    const held = window.oldest
    window.delete(2)

    expect(held).toBe(2)
    expect(window.oldest).toBe(4)
    expect([...window]).toEqual([4])
  })

  it('numbers go on when all have been taken out', () => {
    const window = windowOf(2)
    window.delete(1)
    window.delete(2)
    const empty = { oldest: window.oldest, next: window.next, size: window.size }
    window.add(3)

    expect(empty).toEqual({ oldest: 3, next: 3, size: 0 })
    expect(window.get(3)).toBe(3)
  })

  it('keeps the numbers of what is left when thousands before it are gone', () => {
    const window = windowOf(5000)
    for (let number = 1; number <= 4000; number++) if (number !== 2500) window.delete(number)
    window.delete(2500)

    expect(window.oldest).toBe(4001)
    expect(window.size).toBe(1000)
    expect([...window]).toEqual(Array.from({ length: 1000 }, (_, index) => 4001 + index))
  })

  it('has nothing at numbers that were never given or are gone', () => {
    const window = windowOf(2)
    window.delete(1)
    window.delete(1)

    expect([Number.NaN, -1, 0, 1, 3].map((number) => window.get(number))).toEqual(Array(5).fill(undefined))
    expect(window.size).toBe(1)
  })
})
