import { expect, it } from 'vitest'
import { Exchange } from '../../../src/server/exchange.ts'
import { PEER_LIMITS, parseReplies, type Reply } from '../../../src/wire/index.ts'

const BODY = { connection: 'one', arrivedAt: 0 }
const REQUEST = { service: 'history', id: 'm1' }

it('Exchange keeps the answers to one body within a frame: what does not fit is overloaded', () => {
  const bodies: Uint8Array[] = []
  const exchange = new Exchange({ ...BODY, count: 1024, batch: true, done: (body) => bodies.push(body) })
  const messages = Array.from({ length: 100 }, () => ({ message: 'x'.repeat(5000) }))

  for (let index = 0; index < 1024; index++) {
    exchange.answer(index, REQUEST, { status: 'ok', messages, more: true }, 1, 1)
  }

  const [body = new Uint8Array()] = bodies
  expect(body.byteLength).toBeLessThan(PEER_LIMITS.frameBytes / 2)
  const outcomes = parseReplies(body).map(outcome)
  expect(outcomes.slice(0, 8)).toEqual(Array(8).fill('ok'))
  expect(outcomes.slice(-8)).toEqual(Array(8).fill('overloaded'))
})

it('Exchange refuses one answer that fits in no frame', () => {
  const bodies: Uint8Array[] = []
  const exchange = new Exchange({ ...BODY, count: 1, batch: false, done: (body) => bodies.push(body) })

  exchange.answer(0, REQUEST, { status: 'ok', users: Array(300_000).fill('u'.repeat(64)) }, 1, 1)

  expect(parseReplies(bodies[0] ?? new Uint8Array()).map(outcome)).toEqual(['overloaded'])
})

function outcome({ data }: Reply): string {
  return data.status === 'ok' ? 'ok' : data.code
}
