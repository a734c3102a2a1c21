import { describe, expect, it } from 'vitest'
import type { Dealer } from '../../src/ports/index.ts'
import { VirtualTime } from '../support/virtual-time.ts'
import { Network } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { Sockets } from './sockets.ts'

const ADDRESS = 'tcp://there:1'

/** A dealer of which all that it sends to nobody is kept, and what arrives once somebody listens. */
function dialled() {
  const world = new VirtualTime()
  const keeping = { next: () => 0 }
  const sockets = new Sockets(new Network(world, keeping), world, keeping)
  const [here, there] = ['here', 'there'].map((name) => new SimulatedProcess(world, name)) as [
    SimulatedProcess,
    SimulatedProcess,
  ]
  const dealer = sockets.dial(here, ADDRESS)
  const listen = (): number => {
    let arrived = 0
    sockets.listen(there, ADDRESS, () => arrived++)
    world.run(100)
    return arrived
  }
  return { dealer, here, listen }
}

function send(dealer: Dealer, count: number): boolean[] {
  return Array.from({ length: count }, () => dealer.send([new Uint8Array()]))
}

describe('A simulated dealer', () => {
  it('keeps a bounded number of messages until somebody listens', () => {
    const { dealer, listen } = dialled()
    send(dealer, 1000)
    expect(listen()).toBe(64)
  })

  it('sends nothing of what it kept, and takes nothing more, once it is closed', async () => {
    const { dealer, listen } = dialled()
    send(dealer, 2)
    await dealer.close()
    expect(send(dealer, 1)).toEqual([false])
    expect(listen()).toBe(0)
  })

  it('sends nothing of what it kept once its process has died', () => {
    const { dealer, here, listen } = dialled()
    send(dealer, 2)
    here.crash()
    expect(listen()).toBe(0)
  })
})
