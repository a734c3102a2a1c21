import { expect, it } from 'vitest'
import { OfThisTurn } from '../../../src/server/turn.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

it('OfThisTurn looks once for all that one turn asks, and anew in the next', () => {
  const world = new VirtualTime()
  let looks = 0
  const ofThisTurn = new OfThisTurn(world.process(), () => ++looks)

  expect([ofThisTurn.value, ofThisTurn.value]).toEqual([1, 1])
  world.run(1)
  expect(ofThisTurn.value).toBe(2)
})
