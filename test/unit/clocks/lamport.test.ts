import { describe, expect, it } from 'vitest'
import { LamportClock } from '../../../src/clocks/index.ts'

function leased() {
  const asked: { upTo: number; done: () => void }[] = []
  const clock = new LamportClock({
    start: 100,
    lease: { extend: (upTo, done) => asked.push({ upTo, done }) },
  })
  return { clock, asked }
}

describe('LamportClock', () => {
  it('counts one more at each send, and goes above what it receives', () => {
    const clock = new LamportClock()
    expect([clock.next(), clock.next()]).toEqual([1, 2])
    clock.receive(10)
    expect(clock.now).toBe(11)
    clock.receive(5)
    expect(clock.next()).toBe(13)
  })

  it('gives no clock before its lease is on the disk', () => {
    const { clock, asked } = leased()
    expect(clock.tryNext()).toBeUndefined()
    expect(clock.next()).toBe(100)
    asked[0]?.done()
    expect(clock.tryNext()).toBe(101)
  })

  it('never shows a clock beyond the lease on the disk, and gives none below a clock that it received', () => {
    const { clock, asked } = leased()
    asked[0]?.done()
    clock.receive(50_000_000)
    expect(clock.now).toBeLessThanOrEqual(asked[0]?.upTo as number)
    expect(clock.tryNext()).toBeUndefined()
    asked[1]?.done()
    expect(clock.tryNext()).toBeGreaterThan(50_000_000)
  })
})
