import { expect, it } from 'vitest'
import { encode, parseReplies, RecadoError } from '../../src/wire/index.ts'
import { Mutator, WAYS } from '../hostile/mutation.ts'
import { Bench } from '../support/broker-bench.ts'
import { quietLog } from '../support/quiet.ts'
import { seededChance } from '../support/virtual-time.ts'

const ROUNDS = 4000

it('a registered server that answers with malformed replies costs those who asked it, and nobody else', () => {
  const faults: unknown[] = []
  const debug = (fields: object): void => {
    if ('err' in fields && !(fields.err instanceof RecadoError)) faults.push(fields.err)
  }
  const bench = new Bench({ clientQueue: 1e6, queue: 1e6, log: { ...quietLog, debug } })
  const stranger = bench.server('stranger')
  const mutator = new Mutator(seededChance(1))
  for (let round = 0; round < ROUNDS; round++) {
    // Some of the ways are a `bye` or another registration.
    stranger.ready()
    bench.request(`mallory ${round % 50}`, `a${round}`, `b${round}`)
    const tags = stranger.got.slice(-2).map(({ tag }) => tag)
    const parts = [{ value: { kind: 'replies', tags, lengths: [2, 3] } }, Buffer.alloc(5, 0x80)]
    bench.broker.fromServer(stranger.id, mutator.message(parts, mutator.of(WAYS)))
  }
  expect(bench.answers.length).toBeGreaterThan(100)
  bench.broker.fromServer(stranger.id, [encode({ kind: 'bye' })])
  stranger.silent = true
  const honest = bench.server('honest')

  bench.world.run(2000)
  bench.request('ana', 'm1')
  // It answers what the stranger left, too.
  for (let turn = 0; turn < 20; turn++) {
    honest.answer()
    bench.world.run(10)
  }
  bench.world.run(30_000)

  expect(faults).toEqual([])
  // What the stranger answered is nobody's to read but those who asked it.
  const toAna = bench.answers.filter(({ client }) => client === 'ana').map(({ frames }) => frames.at(-1))
  expect(toAna.flatMap((body) => (body === undefined ? [] : parseReplies(body)))).toMatchObject([
    { id: 'm1', data: { status: 'ok' } },
  ])
  expect(bench.broker.outstanding).toBe(0)
})
