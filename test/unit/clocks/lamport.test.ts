import { describe, expect, it } from 'vitest'
import { LamportClock } from '../../../src/clocks/index.ts'
import { seededChance } from '../../support/virtual-time.ts'

function leased() {
  const asked: { upTo: number; done: () => void }[] = []
  const clock = new LamportClock({
    start: 100,
    lease: { extend: (upTo, done) => asked.push({ upTo, done }) },
  })
  return { clock, asked }
}

/** What is taken of anybody at all, about: 1,000 times the time in ms. */
const HIGHEST = 1_764_000_000_000_000

/** A server's clock on a disk; each flush ends when the test says so. */
function onDisk() {
  const disk = { lease: 0, pending: [] as (() => void)[], highest: HIGHEST }
  const start = (): LamportClock => {
    disk.pending = []
    const extend = (upTo: number, done: () => void): void => {
      disk.pending.push(() => {
        disk.lease = upTo
        done()
      })
    }
    const clock = new LamportClock({ start: disk.lease, lease: { extend } })
    flush()
    clock.look(0, disk.highest)
    return clock
  }
  const flush = (): void => {
    for (const done of disk.pending.splice(0)) done()
  }
  return { disk, start, flush }
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

  it.each([400_000, 1_100_000, 3_000_000, 1_000_000_000])(
    'that is driven on by %i at a time stands still some 50 times until what is taken of anybody is reached',
    (step) => {
      const { disk, start, flush } = onDisk()
      const clock = start()
      let [stood, driven, standing] = [0, 0, false]
      // Three requests while a flush is under way. Whoever finds that it goes on freely needs no more of them.
      for (let turn = 0; turn < 1000; turn++) {
        for (let request = 0; request < 3; request++) {
          const before = clock.tryNext()
          driven = Math.max(driven, before ?? 0)
          if (before === undefined) standing = true
          driven += step
          clock.receive(driven)
        }
        if (clock.tryNext() === undefined || standing) stood++
        standing = false
        flush()
        // The one who drives takes what the lease left at one go.
        driven = Math.max(driven, disk.lease - 1)
        if (driven > HIGHEST) break
        clock.receive(driven)
        clock.look(turn, HIGHEST)
      }

      expect(driven).toBeGreaterThan(HIGHEST)
      expect(stood).toBeLessThan(70)
    },
  )

  it('begins a start at most a lease above what is taken of anybody, however it was driven', () => {
    const { disk, start, flush } = onDisk()
    const clock = start()
    for (let turn = 0; turn < 1000; turn++) {
      clock.receive(Math.min(disk.lease + 1_100_000, HIGHEST))
      flush()
    }
    clock.receive(HIGHEST)
    flush()

    expect(start().now).toBeLessThanOrEqual(HIGHEST + 1_500_000)
  })

  it.each([3, 5])(
    'goes on by no more than two leases at a start of one of %i, however many start',
    (count) => {
      const servers = Array.from({ length: count }, () => {
        const server = onDisk()
        return { ...server, clock: server.start() }
      })
      const starts = 300
      for (let turn = 0; turn < starts; turn++) {
        const server = servers[turn % count] as (typeof servers)[number]
        server.clock = server.start()
        for (const each of servers) {
          each.clock.receive(server.clock.now)
          each.flush()
          each.clock.look(turn * 1000, HIGHEST)
        }
      }

      expect(Math.max(...servers.map(({ clock }) => clock.now))).toBeLessThan(starts * 2_000_000)
    },
  )

  it('keeps its lease short while others start now and then, however often in its life', () => {
    const { disk, start, flush } = onDisk()
    const clock = start()
    for (let minute = 0; minute < 1000; minute++) {
      clock.receive(disk.lease + 500_000)
      flush()
      for (let second = 0; second < 60; second++) clock.look((minute * 60 + second) * 1000, HIGHEST)
    }

    expect(start().now - clock.now).toBeLessThanOrEqual(1_000_000)
  })

  it('never shows a clock again after a start, in the midst of being driven on', () => {
    const chance = seededChance(7)
    const { start, flush } = onDisk()
    let clock = start()
    const shown: number[] = []
    for (let turn = 0; turn < 5000; turn++) {
      const dice = chance.next()
      if (dice < 0.6) clock.receive(clock.now + Math.floor(chance.next() ** 4 * 1e9))
      else if (dice < 0.8) flush()
      else if (dice < 0.98) {
        const next = clock.tryNext()
        if (next !== undefined) shown.push(next)
      } else clock = start()
      clock.look(turn, HIGHEST)
    }

    expect(shown.length).toBeGreaterThan(100)
    expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => a - b))
  })
})
