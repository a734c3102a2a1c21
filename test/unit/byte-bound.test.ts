import { expect, it } from 'vitest'
import { ByteBound } from '../../src/adapters/zeromq/byte-bound.ts'

it('ByteBound lets as many messages wait as fit when all are like the largest, a power of two', () => {
  const bound = new ByteBound(1_000_000, 10_000)

  expect(bound.sending(50, 0)).toBeUndefined()
  expect(bound.sending(1000, 1)).toBe(512)
  expect(bound.sending(10, 2)).toBeUndefined()
  expect(bound.sending(20_000, 3)).toBe(32)
  expect(bound.sending(1_000_000, 4)).toBe(16)
})

it('ByteBound changes its count seldom, however sizes rise', () => {
  const bound = new ByteBound(64 * 1024 * 1024, 10_000)
  let changes = 0
  for (let size = 1; size <= 262_144; size++) if (bound.sending(size, 0) !== undefined) changes++

  expect(changes).toBe(6)
  expect(bound.count).toBe(256)
})

it('ByteBound forgets a large message only when whoever did not read it has been cut off', () => {
  const bound = new ByteBound(1_000_000, 10_000)
  bound.sending(20_000, 0)
  const changes: [number, number | undefined][] = []
  for (let now = 1000; now <= 60_000; now += 1000) changes.push([now, bound.sending(10, now)])
  const first = changes.find(([, count]) => count !== undefined)

  expect(first?.[1]).toBe(10_000)
  expect(first?.[0]).toBeGreaterThanOrEqual(36_000)
})
