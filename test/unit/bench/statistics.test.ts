import { describe, expect, it } from 'vitest'
import { latencyOf, spreadOf } from '../../bench/statistics.ts'

describe('spreadOf', () => {
  it('gives the middle one of an odd number of values, the least and the most', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 })
  })

  it('gives the mean of the middle two of an even number of values', () => {
    expect(spreadOf([40, 10, 20, 30]).median).toBe(25)
  })
})

describe('latencyOf', () => {
  it('gives the value that so many are below', () => {
    const ms = Array.from({ length: 1000 }, (_, index) => 1000 - index)

    expect(latencyOf(ms)).toEqual({ p50: 501, p99: 991, p999: 1000, max: 1000 })
  })
})
