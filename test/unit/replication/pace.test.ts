import { describe, expect, it } from 'vitest'
import { Pace } from '../../../src/replication/pace.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

function setUp(heartbeatTimeoutMs: number) {
  const virtual = new VirtualTime()
  const state = { quiet: true }
  let [ticks, wholes] = [0, 0]
  const pace: Pace = new Pace({
    timers: virtual.process(),
    heartbeatTimeoutMs,
    tick: () => {
      ticks++
      if (!pace.isWholeDue(virtual.now)) return
      wholes++
      pace.wholeSent(virtual.now)
    },
    isQuiet: () => state.quiet,
  })
  pace.start()
  /** Ticks and whole heads of the next `ms`. */
  const run = (ms: number): { ticks: number; wholes: number } => {
    ticks = 0
    wholes = 0
    virtual.run(ms)
    return { ticks, wholes }
  }
  return { run, state }
}

describe('Pace', () => {
  it('looks and tells everything twice a second while all is quiet', () => {
    const { run } = setUp(3000)
    run(1000)

    expect(run(10_000)).toEqual({ ticks: 20, wholes: 20 })
  })

  it('looks twenty times and tells everything four times a second while anything is unsettled', () => {
    const { run, state } = setUp(3000)
    state.quiet = false
    run(1000)

    expect(run(10_000)).toEqual({ ticks: 200, wholes: 40 })
  })

  it.each([3000, 1500, 1000, 700])(
    'leaves room for two heads in a heartbeat timeout of %i ms',
    (timeoutMs) => {
      const { run } = setUp(timeoutMs)
      run(1000)

      expect(run(timeoutMs).wholes).toBeGreaterThanOrEqual(2)
    },
  )

  it('tells everything no less often than before where the heartbeat timeout is short', () => {
    const { run } = setUp(700)
    run(1000)

    expect(run(10_000).wholes).toBeGreaterThanOrEqual(33)
  })
})
