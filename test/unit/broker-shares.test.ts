import { describe, expect, it } from 'vitest'
import { encode } from '../../src/wire/index.ts'
import { Bench, EMPTY, type FakeServer } from '../support/broker-bench.ts'

const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `m${from + i}`)

describe('Broker', () => {
  it('keeps the most of a connection that sends much, and gives a server what another sends at once', () => {
    const { request, ...rest } = withServer()
    request('ana', ...ids(1000, 4000))
    expect(rest.server.got.length).toBeLessThan(100)

    request('bob', 'm1')

    expect(rest.server.ids).toContain('m1')
  })

  it('lets a connection have more at a server as it is answered, and less while others ask too', () => {
    const { request, server, bench } = withServer()
    request('ana', ...ids(1000, 4900))
    const alone = Array.from({ length: 4 }, () => answerAll(bench, server).length)

    for (let client = 0; client < 40; client++) request(`client ${client}`, `m${client}`)
    answerAll(bench, server)

    expect(alone[3]).toBeGreaterThanOrEqual((alone[0] ?? 0) * 8)
    expect(server.got.length).toBeLessThan((alone[3] ?? 0) / 4)
  })

  it('counts each request of an array, and its bytes', () => {
    const { server, bench } = withServer()
    const array = encode(Array.from({ length: 100 }, (_, i) => ({ id: `m${i}` })))
    const large = encode({ id: 'm1', data: Buffer.alloc(100_000) })
    for (let i = 0; i < 10; i++) {
      bench.broker.fromClient('ana', [EMPTY, array])
      bench.broker.fromClient('bob', [EMPTY, large])
    }
    bench.world.run(0)

    expect(server.got).toHaveLength(2)
  })

  it('counts the requests of an array in the longest form of its head', () => {
    const array = encode(Array.from({ length: 100 }, (_, i) => ({ id: `m${i}` })))
    const long = (count: number): Uint8Array => {
      const head = Buffer.alloc(5, 0xdd)
      head.writeUInt32BE(count, 1)
      return Buffer.concat([head, array.subarray(3)])
    }
    const given = (body: Uint8Array): number => {
      const { server, bench } = withServer()
      for (let i = 0; i < 10; i++) bench.broker.fromClient('ana', [EMPTY, body])
      bench.world.run(0)
      return server.got.length
    }

    expect(given(long(100))).toBe(1)
  })

  it('gives a server few requests whose answers were large', () => {
    const { request, server, bench } = withServer()
    request('ana', 'm1')
    const answer = new Uint8Array(900_000)
    const [given] = server.got.splice(0)
    server.say({ kind: 'replies', tags: [given?.tag ?? 0], lengths: [answer.byteLength] }, answer)
    request('ana', ...ids(10, 60))
    bench.world.run(0)

    expect(server.got.length).toBeLessThanOrEqual(2)
  })

  it('gives a server one request at a time whose answers are of 140 KiB, while others ask too', () => {
    const { request, server, bench } = withServer()
    request('ana', ...ids(10, 90))
    const atOnce = Array.from({ length: 20 }, () => {
      const held = server.got.splice(0)
      const lengths = held.map(() => 140 * 1024)
      const answers = new Uint8Array(held.length * 140 * 1024)
      server.say({ kind: 'replies', tags: held.map(({ tag }) => tag), lengths }, answers)
      request('bob', 'm1')
      bench.world.run(0)
      return server.got.filter(({ id }) => id !== 'm1').length
    })

    expect(atOnce.slice(1)).toEqual(Array(19).fill(1))
  })

  it('gives all that waits in its order, however little of it at a time', () => {
    const { request, server, bench } = withServer()
    const all = ids(1000, 1000)
    request('ana', ...all)
    const got: string[] = []
    while (server.got.length > 0) {
      got.push(...answerAll(bench, server))
    }

    expect(got).toEqual(all)
  })

  it('serves a connection slowly that sends on after it was refused, until it keeps to its queue again', () => {
    const { request, server, bench } = withServer()
    const answered = (ms: number): number => {
      let count = 0
      for (let passed = 0; passed < ms; passed += 10) {
        bench.world.run(10)
        count += answerAll(bench, server).length
      }
      return count
    }
    request('ana', ...ids(1000, 5001))
    expect(bench.told).toContain('ana m6000 overloaded')

    const slowly = answered(500)
    request('bob', 'm1')
    expect(server.ids).toContain('m1')
    const later = answered(4000)

    expect(slowly).toBeLessThan(250)
    expect(slowly + later).toBe(5001)
  })
})

/** Answers what the server has; the ids of that. What it is given meanwhile it keeps. */
function answerAll({ world }: Bench, server: FakeServer): string[] {
  const held = server.got.splice(0)
  const answers = held.map(() => encode(null))
  const lengths = answers.map(({ byteLength }) => byteLength)
  server.say({ kind: 'replies', tags: held.map(({ tag }) => tag), lengths }, Buffer.concat(answers))
  world.run(0)
  return held.map(({ id }) => id)
}

function withServer() {
  const made = new Bench({ clientQueue: 5000, queue: 50_000 })
  const server = made.server('s1', { credit: 10_000 })
  return { bench: made, server, request: made.request.bind(made) }
}
