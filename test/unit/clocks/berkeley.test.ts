import { describe, expect, it } from 'vitest'
import { averageOfAgreeing, Berkeley, CorrectedTime } from '../../../src/clocks/index.ts'
import type { TimePoll } from '../../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

function cluster(offsets: readonly number[], seed: number) {
  const world = new VirtualTime()
  const chance = seededChance(seed)
  const times = offsets.map((offsetMs, i) => world.process({ offsetMs, driftPpm: (i - 1) * 50 }))
  const corrected = times.map((time) => new CorrectedTime(time))
  const incarnations = offsets.map(() => 1)
  const deaf = new Set<string>()
  const polls: number[] = []
  const parts: Berkeley[] = times.map(
    (time, i) =>
      new Berkeley({
        time,
        timers: time,
        corrected: corrected[i] as CorrectedTime,
        intervalMs: 2000,
        isCoordinator: () => i === 0,
        coordinator: () => '0',
        livePeers: () =>
          times
            .map((_, peer) => ({ name: `${peer}`, incarnation: incarnations[peer] as number }))
            .filter((_, peer) => peer !== i),
        send: (peer, message) => {
          if ((message as TimePoll).kind === 'time-poll') polls.push(world.now)
          if (chance.next() < 0.1 || deaf.has(peer)) return
          world.schedule(0.2 + chance.next() * 2, () =>
            parts[Number(peer)]?.receive(`${i}`, message as TimePoll),
          )
        },
        log: quietLog,
        metrics: quietMetrics,
      }),
  )
  for (const part of parts) part.start()
  /** Rounds begun within the last `ms`. */
  const rounds = (ms: number): number =>
    new Set(polls.filter((at) => at > world.now - ms).map((at) => Math.floor(at / 2000))).size
  return { world, corrected, parts, incarnations, deaf, rounds }
}

describe('Berkeley', () => {
  it.each([1, 2, 3, 4, 5])(
    'brings +5 s, 0 and -3 s within 5 ms in ten rounds, and no time goes back (seed %i)',
    (seed) => {
      const { world, corrected } = cluster([5000, 0, -3000], seed)
      const last = corrected.map((each) => each.now())
      for (let step = 0; step < 2100; step++) {
        world.run(10)
        corrected.forEach((each, i) => {
          const now = each.now()
          expect(now).toBeGreaterThanOrEqual(last[i] as number)
          last[i] = now
        })
      }
      const times = corrected.map((each) => each.precise())
      expect(Math.max(...times) - Math.min(...times)).toBeLessThan(5)
    },
  )

  it('holds a round each time while clocks are apart, and few once they have agreed for some', () => {
    const { world, rounds } = cluster([5000, 0, -3000], 1)
    world.run(10_500)
    expect(rounds(10_500)).toBe(5)
    world.run(120_000)
    expect(rounds(100_000)).toBeLessThanOrEqual(30)
    expect(rounds(100_000)).toBeGreaterThanOrEqual(10)
  })

  it('holds a round at once when another process has a name that was there', () => {
    const { world, rounds, incarnations } = cluster([0, 0, 0], 2)
    world.run(60_000)
    const before = rounds(60_000)
    incarnations[2] = 2
    world.run(2100)
    expect(rounds(2200)).toBeGreaterThanOrEqual(1)
    world.run(6000)
    expect(rounds(8100)).toBeGreaterThanOrEqual(3)
    expect(before).toBeLessThan(30)
  })

  it('holds a round each time while one of those that live does not answer', () => {
    const { world, deaf, rounds } = cluster([0, 0, 0], 3)
    deaf.add('2')
    world.run(60_500)

    expect(rounds(20_000)).toBe(10)
  })

  it('takes corrections from its coordinator alone', () => {
    const { world, corrected, parts } = cluster([0, 0, 0], 1)
    parts[1]?.receive('2', {
      kind: 'time-correction',
      cluster: 'c',
      from: '2',
      incarnation: 1,
      clock: 1,
      timestamp: 1,
      round: 9,
      correction: 60_000,
    })
    world.run(1000)
    expect(Math.abs(corrected[1]?.offset ?? 1)).toBeLessThan(1)
  })

  it('gives a clock far from the median no say', () => {
    expect(averageOfAgreeing([0, 10, 60_000])).toBe(5)
  })
})
