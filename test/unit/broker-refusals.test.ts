import { describe, expect, it } from 'vitest'
import { encode, parseReplies } from '../../src/wire/index.ts'
import { Bench, EMPTY, requestBody } from '../support/broker-bench.ts'

function batchOf(ids: string[]): Uint8Array {
  return encode(ids.map((id) => ({ service: 'users', id, clock: 1, timestamp: 1, data: {} })))
}

describe('Broker', () => {
  it('answers overloaded beyond the queue of one client', () => {
    const bench = new Bench({ clientQueue: 2 })

    bench.request('ana', 'm1', 'm2', 'm3')
    bench.request('bob', 'm4')

    expect(bench.told).toEqual(['ana m3 overloaded'])
  })

  it('counts requests, not bodies: beyond the queue of one client another batch is overloaded', () => {
    const bench = new Bench({ clientQueue: 4 })
    const send = (client: string, ids: string[]): void => {
      bench.broker.fromClient(client, [EMPTY, batchOf(ids)])
    }

    send('ana', ['m1', 'm2', 'm3'])
    send('ana', ['m4', 'm5', 'm6'])
    send('ana', ['m7'])
    send('bob', ['m8', 'm9'])

    expect(bench.told).toEqual(['ana m7 overloaded'])
  })

  it('refuses a body of none or of more than 1,024 requests itself, whatever else is in it', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    const tooMany = Buffer.concat([Buffer.from([0xdd, 0, 0, 4, 1]), new Uint8Array(60_000)])

    bench.broker.fromClient('ana', [EMPTY, tooMany])
    bench.broker.fromClient('ana', [EMPTY, batchOf([])])
    bench.world.run(0)

    expect(bench.told).toEqual(['ana  bad_request', 'ana  bad_request'])
    expect(server.got).toEqual([])
  })

  it('lets go of what it refused or has an answer for, and of what no server has of an ended connection', () => {
    const gone: Uint8Array[] = []
    const bench = new Bench({ clientQueue: 2, letGo: (bytes) => gone.push(bytes) })
    const server = bench.server('s1', { credit: 1 })
    const bodies = ['m1', 'm2', 'm3'].map((id) => requestBody(id))
    const envelopes = Buffer.alloc(2000)

    for (const body of bodies) bench.broker.fromClient('ana', [EMPTY, body])
    bench.world.run(0)
    expect(gone).toEqual([bodies[2]])
    bench.broker.fromClient('ana', [envelopes, EMPTY, EMPTY])
    expect(gone.splice(0)).toContain(envelopes)

    bench.broker.clientGone('ana')
    expect(gone.splice(0)).toEqual([bodies[1]])
    expect(server.ids).toEqual(['m1'])

    server.answer('m1')
    expect(gone).toEqual([bodies[0]])
  })

  it('lets go of all frames of what is no request, and rests for all of them', () => {
    const gone: Uint8Array[] = []
    const bench = new Bench({ letGo: (bytes) => gone.push(bytes) })
    const restFor = (...more: Uint8Array[]): number => {
      gone.length = 0
      let rested = 0
      for (let count = 0; count < 4; count++) {
        bench.broker.fromClient('ana', [EMPTY, Buffer.from('x'), ...more])
        rested += bench.broker.takeRest()
      }
      return rested
    }
    const [large, many] = [Buffer.alloc(1_000_000), Array.from({ length: 500 }, () => Buffer.from('y'))]

    expect(restFor(EMPTY)).toBeLessThan(2)
    expect(restFor(large)).toBeGreaterThan(2)
    expect(gone).toContain(large)
    bench.world.run(2000)
    expect(restFor(...many)).toBeGreaterThan(2)
  })

  it('answers with its id what it lets go of, whether it refuses or gives it up', () => {
    const bench = new Bench({ clientQueue: 1, requestDeadlineMs: 1000, letGo: (bytes) => bytes.fill(0) })

    bench.request('ana', 'm1', 'm2')
    bench.world.run(1100)

    expect(bench.told).toEqual(['ana m2 overloaded', 'ana m1 unavailable'])
  })

  it('answers overloaded beyond the queue of all clients', () => {
    const bench = new Bench({ queue: 2 })

    bench.request('ana', 'm1')
    bench.request('bob', 'm2')
    bench.request('eva', 'm3')

    expect(bench.told).toEqual(['eva m3 overloaded'])
  })

  it('answers every request of a batch that it refuses', () => {
    const bench = new Bench({ clientQueue: 0 })

    bench.broker.fromClient('ana', [EMPTY, batchOf(['m1', 'm2'])])

    const replies = parseReplies(bench.answers[0]?.frames.at(-1) ?? EMPTY)
    expect(replies.map(({ id, data }) => [id, data.status])).toEqual([
      ['m1', 'error'],
      ['m2', 'error'],
    ])
  })

  it('forgets a connection that is idle, and knows it as another when it comes back', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')
    server.answer()
    bench.world.run(70_000)

    bench.request('ana', 'm2')

    const [before, after] = server.got
    expect(after?.connection).not.toBe(before?.connection)
  })

  it('has room again for what was answered', () => {
    const bench = new Bench({ clientQueue: 1, queue: 1 })
    const server = bench.server('s1')

    for (const id of ['m1', 'm2', 'm3']) {
      bench.request('ana', id)
      server.answer(id)
    }

    expect(bench.told).toEqual(['ana m1', 'ana m2', 'ana m3'])
  })

  it('answers unavailable at the deadline when there is no server', () => {
    const bench = new Bench({ requestDeadlineMs: 1000 })
    bench.request('ana', 'm1')
    bench.world.run(900)
    expect(bench.told).toEqual([])

    bench.world.run(200)

    expect(bench.told).toEqual(['ana m1 unavailable'])
    expect(bench.broker.outstanding).toBe(0)
    const server = bench.server('s1')
    bench.world.run(0)
    expect(server.ids).toEqual([])
  })

  it('answers unavailable no later when it was at rest before', () => {
    const bench = new Bench({ requestDeadlineMs: 100 })
    bench.world.run(10_300)
    bench.request('ana', 'm1')

    bench.world.run(150)

    expect(bench.told).toEqual(['ana m1 unavailable'])
  })

  it('answers unavailable at the deadline when its server does not answer, and never twice', () => {
    const bench = new Bench({ requestDeadlineMs: 1000 })
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1', 'm2')

    bench.world.run(1100)
    server.answer('m1')

    expect(bench.told).toEqual(['ana m1 unavailable', 'ana m2 unavailable'])
  })

  it('takes credit back for what a living server never answers', () => {
    const bench = new Bench({ requestDeadlineMs: 1000 })
    const server = bench.server('s1', { credit: 1 })
    bench.request('ana', 'm1')
    bench.world.run(1500)
    bench.request('bob', 'm2')
    expect(server.ids).toEqual(['m1'])

    bench.world.run(700)

    expect(server.ids).toEqual(['m1', 'm2'])
  })

  it('keeps requests for the first server that registers', () => {
    const bench = new Bench()
    bench.request('ana', 'm1', 'm2')

    const server = bench.server('s1')
    bench.world.run(0)

    expect(server.ids).toEqual(['m1', 'm2'])
  })

  it('uses no tag of a former life again', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')
    const later = new Bench()
    later.world.run(10)
    const restarted = new Bench({ time: later.world.process() })
    const again = restarted.server('s1')

    restarted.request('ana', 'm1')

    expect(again.got[0]?.tag).toBeGreaterThan((server.got[0]?.tag ?? 0) + 1000)
    expect(Number.isSafeInteger(again.got[0]?.tag)).toBe(true)
  })

  it.each([
    ['has no delimiter', [requestBody('m1')], 'bad_request'],
    ['has two bodies', [EMPTY, requestBody('m1'), requestBody('m1')], 'bad_request'],
    ['has only a delimiter', [EMPTY], 'bad_request'],
    ['is too large', [EMPTY, Buffer.alloc(1024 * 1024 + 1)], 'too_large'],
  ])('answers a message that %s', (_, frames, code) => {
    const bench = new Bench()
    const server = bench.server('s1')

    bench.broker.fromClient('ana', frames)
    bench.world.run(0)

    expect(server.ids).toEqual([])
    expect(bench.told.map((line) => line.split(' ').at(-1))).toEqual([code])
  })

  it('keeps the names of some ROUTERs on the way, and no envelope that is larger', () => {
    const bench = new Bench()
    const server = bench.server('s1')
    const name = Buffer.alloc(255, 1)
    const four = [name, name, name, name, EMPTY]
    const refused: Uint8Array[][] = [
      [name, ...four, requestBody('m2')],
      [Buffer.alloc(1025, 1), EMPTY, requestBody('m3')],
      [Buffer.alloc(2 * 1024 * 1024, 1), ...four],
    ]

    for (const frames of refused) bench.broker.fromClient('ana', frames)
    expect(bench.answers).toHaveLength(0)
    bench.broker.fromClient('ana', [...four, requestBody('m1')])
    bench.world.run(0)
    server.answer()

    expect(server.ids).toEqual(['m1'])
    expect(bench.answers.map(({ frames }) => frames.slice(0, 5))).toEqual([four])
  })

  it.each([
    ['bytes that are no MessagePack', [Buffer.from([0xc1])]],
    ['replies whose lengths disagree', [encode({ kind: 'replies', tags: [1], lengths: [5] }), EMPTY]],
    ['a head of another kind', [encode({ kind: 'hello' })]],
    ['nothing', []],
  ])('drops %s from a server', (_, frames) => {
    const bench = new Bench()
    const server = bench.server('s1')
    bench.request('ana', 'm1')

    bench.broker.fromServer(server.id, frames)
    server.answer()

    expect(bench.told).toEqual(['ana m1'])
  })
})
