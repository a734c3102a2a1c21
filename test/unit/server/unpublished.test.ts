import { expect, it } from 'vitest'
import { encode, parseReplies } from '../../../src/wire/index.ts'
import { Cluster } from '../../simulation/cluster.ts'
import { SimulatedProcess } from '../../simulation/process.ts'

const MESSAGE = 'x'.repeat(200_000)
const BOUND = 64 * 1024 * 1024

it('a server that hears no majority keeps a bounded number of bytes that nobody was given, and refuses the rest', () => {
  const cluster = new Cluster(1)
  const { world } = cluster
  cluster.start()
  cluster.runUntil(() => cluster.servers.every(({ ready }) => ready), 10_000)
  const codes = new Map<string, number>()
  const clients = Array.from({ length: 8 }, (_, index) => {
    const dealer = cluster.connect(new SimulatedProcess(world, `client-${index}`))
    dealer.receive((frames) => {
      for (const { data } of parseReplies(frames.at(-1) ?? new Uint8Array())) {
        const code = data.status === 'ok' ? 'ok' : data.code
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
    })
    return dealer
  })
  let count = 0
  const ask = (service: string, data: object): void => {
    count++
    const request = { service, id: `${count}`, clock: count, timestamp: 1, data: { user: 'ana', ...data } }
    clients[count % clients.length]?.send([new Uint8Array(), encode(request)])
  }
  ask('login', {})
  world.run(500)
  ask('channel', { channel: 'news' })
  world.run(1500)
  const [first, ...others] = cluster.servers
  for (const other of others) other.crash()
  world.run(4000)
  const held = (): number => [...(first?.store?.held.values() ?? [])].reduce((sum, seq) => sum + seq, 0)
  const before = held()
  for (let round = 0; round < 240; round++) {
    for (let i = 0; i < clients.length; i++) ask('publish', { channel: 'news', message: MESSAGE })
    world.run(1000)
  }

  expect((held() - before) * MESSAGE.length).toBeGreaterThan(BOUND / 2)
  expect((held() - before) * MESSAGE.length).toBeLessThan(BOUND * 1.2)
  expect(codes.get('overloaded')).toBeGreaterThan(10)
})
