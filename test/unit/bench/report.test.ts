import { describe, expect, it } from 'vitest'
import type { Measured } from '../../bench/measured.ts'
import { barChart } from '../../bench/report/chart.ts'
import { speedGoals } from '../../bench/report/goals.ts'
import { soakGoals } from '../../bench/report/growth.ts'
import type { Results } from '../../bench/report/results.ts'
import { securedGoals, securedSection } from '../../bench/report/secured.ts'

const SESSION = { machine: '', node: '', revision: '', runs: 3, seconds: 4 }

describe('speedGoals', () => {
  it('compares medians with the peer of the same guarantee', () => {
    const goal = speedGoals(results({ ours: [90, 130, 125], theirs: [100, 90, 110] }))[0]

    expect(goal).toMatchObject({ wanted: '≥ 1.25', measured: '1.25', met: true, note: '' })
  })

  it('are not met just below', () => {
    expect(speedGoals(results({ ours: [124], theirs: [100] }))[0]).toMatchObject({
      measured: '1.24',
      met: false,
    })
  })

  it('are not met by what was not measured', () => {
    const goals = speedGoals({})

    expect(goals.map(({ measured, met }) => ({ measured, met }))).toEqual(
      goals.map(() => ({ measured: undefined, met: false })),
    )
  })

  it('say when the two were not measured in one run', () => {
    const goal = speedGoals(results({ ours: [200], theirs: [100], theirsBegan: 'yesterday' }))[0]

    expect(goal?.note).toBe('not of one run')
  })
})

describe('soakGoals', () => {
  it('compare the minutes behind the first with the last ones', () => {
    const rising = [50, 100, 100, 100, 105, 111, 112, 111].map((server) => ({ server }))

    expect(soakGoals({ minutes: 8, perSecond: 1, acknowledged: 1, failed: 0, memory: rising })).toMatchObject(
      [{ measured: '100 MiB, 111 MiB', met: false }],
    )
  })

  it('are met by memory that stays', () => {
    const flat = [50, 100, 101, 100, 99, 102, 103].map((server) => ({ server }))

    expect(soakGoals({ minutes: 7, perSecond: 1, acknowledged: 1, failed: 0, memory: flat })[0]?.met).toBe(
      true,
    )
  })
})

describe('securedGoals', () => {
  const rows = (...rates: number[]) => [
    { name: 'one-8', what: 'eight', runs: rates.map((perSecond): Measured => ({ perSecond })) },
  ]

  it('compare medians of the two modes', () => {
    expect(securedGoals({ open: rows(90, 100, 150), secured: rows(10, 70, 80) })).toMatchObject([
      { wanted: '≥ 70 %', measured: '70 %', met: true },
    ])
  })

  it('are not met just below, nor does it look so', () => {
    expect(securedGoals({ open: rows(1000), secured: rows(699) })).toMatchObject([
      { measured: '69 %', met: false },
    ])
  })

  it('are not met by what was measured in one mode alone', () => {
    expect(securedGoals({ open: [], secured: rows(100) })).toMatchObject([
      { measured: undefined, met: false },
    ])
  })

  it('stand on the page with the rates of both modes', () => {
    const section = securedSection({
      secured: { ...SESSION, began: 'today', open: rows(1000), secured: rows(800) },
    })

    expect(section).toMatch(/eight: of the throughput in open mode \| +≥ 70 % \| +80 % \| +yes/)
    expect(section).toMatch(/^\| eight +\| +1,000 \| +\| +800 \| +\|$/m)
  })
})

describe('barChart', () => {
  it('draws the longest bar of a run to the end of the scale and escapes names', () => {
    const bars = [
      { name: 'a < b', detail: '"flushed"', value: 50, min: 40, max: 60, kind: 'own' as const },
      { name: 'c', detail: '', value: 100, min: 90, max: 100, kind: 'flushed' as const },
    ]
    const svg = barChart('Speed', bars, 'a second')

    expect(svg).toContain('a &lt; b')
    expect(svg).toContain('&quot;flushed&quot;')
    expect([...svg.matchAll(/<rect .*? width="([\d.]+)"/g)].map(([, width]) => Number(width))).toEqual([
      195, 390,
    ])
  })
})

/** Of the row at 1,000 in flight, with these rates. */
function results(given: { ours: number[]; theirs: number[]; theirsBegan?: string }): Results {
  const rows = (rates: readonly number[]) => [
    { name: 'pipelined-1000', what: '', runs: rates.map((perSecond): Measured => ({ perSecond })) },
  ]
  const peer = { name: 'nats-r3-always', what: '', acknowledged: '', version: '' }
  return {
    own: { ...SESSION, began: 'today', rows: rows(given.ours) },
    peers: {
      [peer.name]: { ...SESSION, ...peer, began: given.theirsBegan ?? 'today', rows: rows(given.theirs) },
    },
  }
}
