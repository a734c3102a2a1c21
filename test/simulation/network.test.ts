import { describe, expect, it } from 'vitest'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'
import { type Host, Network } from './network.ts'

function host(name: string): Host {
  return { name, life: 1, deliver: (handle) => handle() }
}

describe('Network', () => {
  it.each([
    ['longer than the delay', 50],
    ['shorter than the delay', 2],
  ])('keeps the order of a connection over a cut at which messages wait, %s', (_what, cutMs) => {
    for (let seed = 1; seed <= 50; seed++) {
      const world = new VirtualTime()
      const network = new Network(world, seededChance(seed))
      network.faults.delayMs = [1, 20]
      const link = network.link(host('a'), host('b'), true)
      const arrived: number[] = []
      const send = (from: number, to: number): void => {
        for (let i = from; i < to; i++) {
          network.send(link, () => void arrived.push(i))
          world.run(1)
        }
      }
      send(0, 10)
      network.cut('a', 'b', 'wait')
      send(10, 10 + cutMs)
      network.mend('a', 'b')
      send(10 + cutMs, 20 + cutMs)
      world.run(1000)
      expect(arrived).toEqual(Array.from({ length: 20 + cutMs }, (_, i) => i))
    }
  })

  it('keeps the order of a connection whose messages arrive at one moment, whenever they were sent', () => {
    const chance = seededChance(4711)
    const arrived: number[] = []
    for (let number = 0; number < 10_000; number += 4) {
      // A moment that is computed from another is not quite the same when that is near the beginning.
      const world = new VirtualTime()
      const network = new Network(world, chance)
      const link = network.link(host('a'), host('b'), true)
      network.slow('a', 'b', 560)
      for (let at = number; at < number + 4; at++) {
        network.send(link, () => void arrived.push(at))
        world.run((chance.next() * 100) / 3)
      }
      world.run(1000)
    }

    expect(arrived.filter((number, at) => number !== at)).toEqual([])
  })
})
