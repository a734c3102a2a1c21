import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Level } from '../../../src/server/acknowledgements.ts'
import { Publications } from '../../../src/server/publications.ts'
import { parsePublications } from '../../../src/wire/index.ts'
import { collect } from '../../support/collect.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

function setUp() {
  const world = new VirtualTime()
  const time = world.process()
  const reached: Record<Level, number> = { one: 0, quorum: 0, all: 0 }
  const frames: { topic: string; seqs: number[]; previous: number[] }[] = []
  const publications = new Publications({
    timers: time,
    reached: (level) => reached[level],
    now: () => time.monotonic(),
    membersOf: () => undefined,
    publish: (topic, body) => {
      const said = parsePublications(body)
      frames.push({
        topic,
        seqs: said.map(({ operation }) => operation.seq),
        previous: said.map(({ previous }) => previous),
      })
    },
  })
  const add = (
    seq: number,
    level: Level,
    topic = 'channel/news/',
    deadline = 5000,
    message: string | Uint8Array = 'hi',
  ): void =>
    publications.add({
      level,
      deadline,
      operation: {
        origin: 'a',
        incarnation: 1,
        seq,
        clock: seq,
        timestamp: seq,
        kind: topic.startsWith('channel/') ? 'publish' : 'message',
        id: `${seq}`,
        user: 'ana',
        target: topic.split('/')[1] ?? '',
        message,
      },
    })
  return { world, reached, frames, publications, add }
}

describe('Publications', () => {
  it('does not keep what it has published', async () => {
    const { world, reached, publications, add } = setUp()
    const messages = [1, 2, 3].map((seq) => {
      const message = Buffer.from(`message ${seq}`)
      add(seq, 'quorum', 'channel/news/', 5000, message)
      return new WeakRef(message)
    })
    reached.quorum = 2
    publications.advance()
    world.run(1)
    // What a WeakRef was made of stays until the turn ends.
    await turn()
    collect({ type: 'major' })

    expect(messages.map((message) => message.deref() !== undefined)).toEqual([false, false, true])
    expect(publications.size).toBe(1)
  })

  it('publishes nothing before it is held as its level asks', () => {
    const { world, reached, frames, publications, add } = setUp()
    add(1, 'quorum')
    reached.one = 1
    publications.advance()
    world.run(1)
    expect(frames).toEqual([])
    reached.quorum = 1
    publications.advance()
    world.run(1)
    expect(frames).toEqual([{ topic: 'channel/news/', seqs: [1], previous: [0] }])
  })

  it('puts what one topic received within one turn into one frame, each with its former one', () => {
    const { world, reached, frames, publications, add } = setUp()
    add(1, 'quorum')
    add(2, 'quorum', 'user/ana/')
    add(4, 'quorum')
    reached.quorum = 4
    publications.advance()
    world.run(1)
    expect(frames).toEqual([
      { topic: 'channel/news/', seqs: [1, 4], previous: [0, 1] },
      { topic: 'user/ana/', seqs: [2], previous: [0] },
    ])
  })

  it.each([
    ['as many as a frame holds', 600, 2, [256, 256, 88]],
    ['as many bytes', 5, 400_000, [3, 2]],
  ])('puts %s into one frame', (_, count, bytes, counts) => {
    const { world, reached, frames, publications, add } = setUp()
    for (let seq = 1; seq <= count; seq++) add(seq, 'one', 'channel/news/', 5000, new Uint8Array(bytes))
    reached.one = count
    publications.advance()
    world.run(1)

    expect(frames.map(({ seqs }) => seqs.length)).toEqual(counts)
    expect(frames.flatMap(({ seqs }) => seqs)).toEqual(Array.from({ length: count }, (__, at) => at + 1))
  })

  it("keeps the incarnation's order over levels", () => {
    const { world, reached, frames, publications, add } = setUp()
    add(1, 'all')
    add(2, 'one')
    reached.one = 2
    publications.advance()
    world.run(1)
    expect(frames).toEqual([])
    reached.all = 1
    publications.advance()
    world.run(1)
    expect(frames).toEqual([{ topic: 'channel/news/', seqs: [1, 2], previous: [0, 1] }])
  })

  it('publishes at a majority what asked for all, once its client was told that not all confirmed', () => {
    const { world, reached, frames, publications, add } = setUp()
    add(1, 'all', 'channel/news/', 100)
    reached.quorum = 1
    publications.advance()
    world.run(99)
    expect(frames).toEqual([])
    world.run(1)
    publications.advance()
    world.run(1)
    expect(frames.map(({ seqs }) => seqs)).toEqual([[1]])
  })
})
