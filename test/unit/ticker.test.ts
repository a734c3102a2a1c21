import { describe, expect, it } from 'vitest'
import { Ticker } from '../../src/ports/index.ts'
import { VirtualTime } from '../support/virtual-time.ts'

function setUp() {
  const virtual = new VirtualTime()
  const ticks: number[] = []
  const state = { waits: false }
  const ticker = new Ticker({
    timers: virtual.process(),
    busyMs: 50,
    idleMs: 250,
    tick: () => {
      ticks.push(virtual.now)
      return state.waits
    },
  })
  return { virtual, ticks, state, ticker }
}

describe('Ticker', () => {
  it('ticks seldom while nothing waits', () => {
    const { virtual, ticks, ticker } = setUp()
    ticker.start()
    virtual.run(1000)

    expect(ticks).toEqual([50, 300, 550, 800])
  })

  it('ticks often from when something waits until nothing does', () => {
    const { virtual, ticks, state, ticker } = setUp()
    ticker.start()
    virtual.run(320)
    state.waits = true
    ticker.hurry()
    ticker.hurry()
    virtual.run(110)
    state.waits = false
    virtual.run(400)

    expect(ticks).toEqual([50, 300, 370, 420, 470, 720])
  })

  it('goes on often when a seldom tick finds that something waits', () => {
    const { virtual, ticks, state, ticker } = setUp()
    ticker.start()
    virtual.run(100)
    state.waits = true
    virtual.run(300)

    expect(ticks).toEqual([50, 300, 350, 400])
  })

  it('ends, also from within a tick, and is not hurried any more', () => {
    const virtual = new VirtualTime()
    let ticks = 0
    const ticker: Ticker = new Ticker({
      timers: virtual.process(),
      busyMs: 50,
      idleMs: 250,
      tick: () => {
        ticks++
        ticker.stop()
        return true
      },
    })
    ticker.start()
    virtual.run(1000)
    ticker.hurry()
    virtual.run(1000)

    expect(ticks).toBe(1)
  })
})
