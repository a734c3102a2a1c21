import { describe, expect, it } from 'vitest'
import { Acknowledgements } from '../../../src/server/acknowledgements.ts'

describe('Acknowledgements', () => {
  it('tells those whose operation is held at their level, and nobody else', () => {
    const waiting = new Acknowledgements()
    const told: string[] = []
    waiting.wait('a/1', 'quorum', { seq: 1, deadline: 100, done: () => told.push('quorum 1') })
    waiting.wait('a/1', 'quorum', { seq: 2, deadline: 100, done: () => told.push('quorum 2') })
    waiting.wait('a/1', 'all', { seq: 1, deadline: 100, done: () => told.push('all 1') })
    waiting.reached('quorum', 'a/1', 1)
    expect(told).toEqual(['quorum 1'])
    expect(waiting.size).toBe(2)
  })

  it('keeps those sorted who began to wait out of order', () => {
    const waiting = new Acknowledgements()
    const told: number[] = []
    for (const seq of [3, 1, 2])
      waiting.wait('a/1', 'one', { seq, deadline: 100, done: () => told.push(seq) })
    waiting.reached('one', 'a/1', 2)
    expect(told).toEqual([1, 2])
  })

  it('tells false to those whose deadline has passed', () => {
    const waiting = new Acknowledgements()
    const told: boolean[] = []
    waiting.wait('a/1', 'quorum', { seq: 1, deadline: 100, done: (held) => told.push(held) })
    waiting.wait('a/1', 'quorum', { seq: 2, deadline: 200, done: (held) => told.push(held) })
    waiting.expire(150)
    expect(told).toEqual([false])
    waiting.reached('quorum', 'a/1', 2)
    expect(told).toEqual([false, true])
    expect(waiting.size).toBe(0)
  })
})
