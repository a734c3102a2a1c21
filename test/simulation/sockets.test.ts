import { describe, expect, it } from 'vitest'
import type { Dealer } from '../../src/ports/index.ts'
import { VirtualTime } from '../support/virtual-time.ts'
import { Network } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { Sockets } from './sockets.ts'

const ADDRESS = 'tcp://there:1'

/** A dealer of which all that it sends to nobody is kept, and what arrives once somebody listens. */
function dialled(drawn = 0) {
  const world = new VirtualTime()
  const keeping = { next: () => drawn }
  const network = new Network(world, keeping)
  const sockets = new Sockets(network, world, keeping)
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
  return { dealer, here, there, listen, world, network, sockets }
}

function send(dealer: Dealer, count: number): boolean[] {
  return Array.from({ length: count }, () => dealer.send([new Uint8Array()]))
}

/** A dealer and a router, and what that is told, in its order. */
function connected(drawn = 0) {
  const { dealer, here, world, network, sockets, there } = dialled(drawn)
  const told: string[] = []
  sockets.listen(
    there,
    ADDRESS,
    (from) => told.push(`message by ${nameIn(from)}`),
    (from) => told.push(`end of ${nameIn(from)}`),
  )
  return { dealer, here, there, world, network, told }
}

/** Which life of the connection a router's name for it means. */
function nameIn(from: string): string {
  return ['first', 'second'][Number(from.split('#')[1])] ?? from
}

describe('A simulated router', () => {
  it('is told of the end of a connection after all that came by it', async () => {
    const { dealer, world, told } = connected()
    send(dealer, 2)
    await dealer.close()
    world.run(100)
    expect(told).toEqual(['message by first', 'message by first', 'end of first'])
  })

  it('is told of the end when the process at the other side dies', () => {
    const { dealer, here, world, told } = connected()
    send(dealer, 1)
    world.run(100)
    here.crash()
    world.run(100)
    expect(told).toEqual(['message by first', 'end of first'])
  })

  it('is told of the end when the connection breaks, and hears the next one under another name', () => {
    const { dealer, world, network, told } = connected()
    send(dealer, 1)
    world.run(100)
    network.reconnect('here', 'there')
    send(dealer, 1)
    world.run(100)
    expect(told).toEqual(['message by first', 'end of first', 'message by second'])
  })

  it('hears by the name of the former connection what survives its break, before that ends', () => {
    const { dealer, world, network, told } = connected(0.9)
    send(dealer, 1)
    network.reconnect('here', 'there')
    send(dealer, 1)
    world.run(100)
    expect(told.toSorted()).toEqual(['end of first', 'message by first', 'message by second'])
    expect(told.indexOf('message by first')).toBeLessThan(told.indexOf('end of first'))
  })

  it('is not told of the end while the way to it is cut', async () => {
    const { dealer, world, network, told } = connected()
    send(dealer, 1)
    world.run(100)
    network.cut('here', 'there')
    await dealer.close()
    world.run(100)
    expect(told).toEqual(['message by first'])
  })
})

describe('A simulated subscriber', () => {
  it('misses what is published before its proxy knows it again, after its connection broke and after a start', () => {
    const world = new VirtualTime()
    const late = { next: () => 0.5 }
    const network = new Network(world, late)
    const sockets = new Sockets(network, world, late)
    const process = (name: string): SimulatedProcess => new SimulatedProcess(world, name)
    const [server, proxy] = [process('server'), process('proxy')]
    const heard: string[] = []
    sockets.subscribe(process('client'), proxy, ['news'], (_topic, body) =>
      heard.push(Buffer.from(body).toString()),
    )
    const publish = (text: string): void => {
      sockets.publish(server, proxy, 'news', Buffer.from(text))
      world.run(10)
    }
    publish('before')
    network.reconnect('proxy', 'client')
    publish('meanwhile')
    world.run(100)
    publish('after')
    sockets.proxyStarted(proxy)
    publish('just after its start')
    world.run(100)
    publish('later')
    expect(heard).toEqual(['before', 'after', 'later'])
  })
})

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
