import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePlace, encodePlace, type Place } from '../../src/client/cursor.ts'
import { PAGE_MESSAGES, type Question } from '../../src/client/merge.ts'
import { type Publication, streamKey } from '../../src/wire/index.ts'
import { Reader, said, Topic } from '../support/merging.ts'

describe('Merge', () => {
  it('gives history first, then what comes live', () => {
    const topic = new Topic()
    topic.say('a')
    const reader = new Reader(topic)
    reader.world.run(1)
    const live = topic.say('a')
    reader.merge.live([live])

    expect(reader.got).toEqual(['a 1', 'a 2'])
    expect(reader.questions).toHaveLength(1)
  })

  it('holds live ones back until history has been read', () => {
    const topic = new Topic()
    topic.say('a')
    const live = topic.say('a')
    const reader = new Reader(topic)
    reader.merge.live([live])
    const before = [...reader.got]
    reader.world.run(1)

    expect(before).toEqual([])
    expect(reader.got).toEqual(['a 1', 'a 2'])
  })

  it('fills a gap from history before it goes on, and asks for a server that holds what it has', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    topic.say('a')
    topic.say('a')
    reader.merge.live([topic.say('a')])

    expect(reader.got).toEqual(['a 1', 'a 2', 'a 3'])
    expect(reader.questions.at(-1)?.seen).toEqual({ [streamKey('a', 1)]: 3 })
    expect(reader.merge.counts).toMatchObject({ gaps: 1, repaired: 3 })
  })

  it('is not given again what came live when it asks from time to time', () => {
    const topic = new Topic()
    topic.say('a')
    const reader = new Reader(topic)
    reader.world.run(1)
    for (let i = 0; i < 3; i++) reader.merge.live([topic.say('a')])
    reader.world.run(6000)

    const question = reader.questions.at(-1) as Question
    expect(reader.questions).toHaveLength(2)
    expect(question.passed).toEqual({ [streamKey('a', 1)]: 4 })
    expect(topic.page(question).messages).toEqual([])
  })

  it('keeps of too many streams the places of those heard of last', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    for (let n = 0; n < 256; n++) reader.merge.live([topic.say(`s${n}`)])
    reader.merge.live([topic.say('s0'), topic.say('new')])
    reader.world.run(6000)

    const { passed } = reader.questions.at(-1) as Question
    expect(Object.keys(passed)).toHaveLength(256)
    expect(passed).toMatchObject({ [streamKey('s0', 1)]: 2, [streamKey('new', 1)]: 1 })
    expect(passed).not.toHaveProperty([streamKey('s1', 1)])
  })

  it('goes on with other streams while one has a gap', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.answering = false
    topic.say('a')
    reader.merge.live([topic.say('a')])
    reader.merge.live([topic.say('b')])

    expect(reader.got).toEqual(['b 1'])
  })

  it('takes arrays of publications, and other operations between them for no gap', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.merge.live([topic.say('a'), topic.say('a', { skip: 3 }), topic.say('b', { skip: 7 })])

    expect(reader.got).toEqual(['a 1', 'a 5', 'b 8'])
    expect(reader.questions).toHaveLength(1)
  })

  it('drops what came before', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    const live = topic.say('a')
    reader.merge.live([live, live])
    reader.world.run(6000)

    expect(reader.got).toEqual(['a 1'])
    expect(reader.merge.counts.duplicates).toBe(1)
  })

  it('drops the second operation of one user and id', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.merge.live([topic.say('a', { id: 'same' }), topic.say('b', { id: 'same' })])

    expect(reader.got).toEqual(['a 1'])
  })

  it('drops the first operation of one user and id when it comes only after 28,000 others, from a server that was cut off', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.merge.live([topic.say('a', { id: 'same', clock: 10 })])
    for (let count = 0; count < 28_000; count++) reader.merge.live([topic.say('a')])
    reader.merge.live([topic.say('b', { id: 'same', clock: 9 })])

    expect(reader.got).toHaveLength(28_001)
    expect(reader.got).not.toContain('b 1')
  })

  it('reads history every five seconds, for what never came live', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    topic.say('a')
    reader.world.run(5000)

    expect(reader.got).toEqual(['a 1'])
  })

  it('delivers an operation that comes in late', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    topic.say('a', { clock: 100 })
    reader.world.run(1)
    topic.say('b', { clock: 5 })
    reader.world.run(5000)

    expect(reader.got).toEqual(['a 1', 'b 1'])
  })

  it('begins behind what history holds when asked for what comes from now on, whatever of it came live', () => {
    const topic = new Topic()
    topic.say('a')
    topic.say('b')
    const reader = new Reader(topic, { skip: true })
    const live = topic.say('a')
    reader.merge.live([live])
    reader.world.run(1)
    reader.merge.live([live, topic.say('b')])

    expect(reader.got).toEqual(['b 2'])
    expect(reader.questions.map(({ after }) => after)).toEqual(['now'])
  })

  it('gives from now on what came live before the answer that does not cover it', () => {
    const topic = new Topic()
    topic.say('a')
    const reader = new Reader(topic, { skip: true })
    reader.answering = false
    reader.world.run(1)
    const page = topic.page(reader.questions[0] as Question)
    reader.merge.live([topic.say('a'), topic.say('b')])
    reader.merge.page(page)

    expect(reader.got).toEqual(['a 2', 'b 1'])
  })

  it('begins from now on though more streams passed than it keeps the places of', () => {
    const topic = new Topic()
    const origins = Array.from({ length: 300 }, (_, index) => `s${index}`)
    const held = origins.map((origin) => topic.say(origin))
    const reader = new Reader(topic, { skip: true })
    reader.merge.live(held)
    reader.world.run(1)
    reader.merge.live(origins.map((origin) => topic.say(origin)))

    expect(reader.got).toEqual(origins.map((origin) => `${origin} 2`))
    expect(reader.questions).toHaveLength(1)
  })

  it('repairs from history what was lost live after it began from now on', () => {
    const topic = new Topic()
    topic.say('a')
    const reader = new Reader(topic, { skip: true })
    reader.world.run(1)
    topic.say('a')
    reader.merge.live([topic.say('a')])
    reader.world.run(5000)

    expect(reader.got).toEqual(['a 2', 'a 3'])
  })

  it('goes on from the place of any message, without one twice', () => {
    const topic = new Topic()
    for (const origin of ['a', 'b', 'a']) topic.say(origin)
    const reader = new Reader(topic)
    reader.world.run(1)
    const late = topic.say('b')
    reader.merge.live([late])
    const from = decodePlace(encodePlace(reader.places.at(-1) as Place))
    const next = new Reader(topic, { from })
    next.world.run(1)
    next.merge.live([late, topic.say('a')])

    expect(reader.got).toEqual(['a 1', 'b 1', 'a 2', 'b 2'])
    expect(next.got).toEqual(['a 3'])
  })

  it('has a place behind every message, from which all that was not given yet comes', () => {
    const topic = new Topic()
    for (const origin of ['a', 'b', 'b', 'a']) topic.say(origin)
    const reader = new Reader(topic)
    reader.world.run(1)
    for (const origin of ['b', 'b', 'a', 'c', 'c', 'b']) reader.merge.live([topic.say(origin)])
    const rests = reader.places.map((place) => {
      const next = new Reader(topic, { from: decodePlace(encodePlace(place)) })
      next.world.run(1)
      return next.got
    })

    expect(rests).toEqual(reader.got.map((_, index) => reader.got.slice(index + 1)))
  })

  it('takes nothing without room, and has it all once there is', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.room = 2
    reader.merge.live(Array.from({ length: 5 }, () => topic.say('a')))
    const before = [...reader.got]
    reader.room = PAGE_MESSAGES
    reader.merge.drained()
    reader.world.run(5000)

    expect(before).toEqual(['a 1', 'a 2'])
    expect(reader.got).toEqual(said(topic))
  })

  it('drops what is too much to hold back, and has it from history', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.answering = false
    topic.say('a')
    reader.merge.live(Array.from({ length: 10_000 }, () => topic.say('a')))
    reader.answering = true
    reader.merge.page(topic.page(reader.questions.at(-1) as Question))
    reader.world.run(5000)

    expect(reader.got).toEqual(said(topic))
  })

  it('asks less of the next server when one could not answer', () => {
    const topic = new Topic()
    const reader = new Reader(topic)
    reader.world.run(1)
    reader.answering = false
    topic.say('a')
    reader.merge.live([topic.say('a')])
    reader.merge.failed()
    reader.answering = true
    reader.world.run(1000)

    expect(reader.questions.at(-1)?.seen).toEqual({})
    expect(reader.got).toEqual(['a 1', 'a 2'])
  })

  it('passes over what is not of its topic', () => {
    const topic = new Topic()
    topic.say('a')
    topic.say('b')
    const reader = new Reader(topic, { wanted: ({ operation }) => operation.origin === 'b' })
    reader.world.run(1)

    expect(reader.got).toEqual(['b 1'])
  })

  it('gives exactly what history holds, each once and each stream in order, whatever becomes of live frames', () => {
    const step = fc.record({
      origin: fc.constantFrom('a', 'b', 'c'),
      skip: fc.nat(3),
      /** How often the frame arrives. */
      copies: fc.nat(2),
      /** How many frames later it arrives. */
      delay: fc.nat(3),
      passesMs: fc.constantFrom(0, 0, 0, 10, 6000),
      room: fc.constantFrom(1, 1000, 1_000_000),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, restartAt) => {
        const topic = new Topic()
        let reader = new Reader(topic)
        const got: string[] = []
        const frames: { at: number; publication: Publication }[] = []
        steps.forEach(({ origin, skip, copies, delay, passesMs, room }, at) => {
          const publication = topic.say(origin, { skip })
          for (let copy = 0; copy < copies; copy++) frames.push({ at: at + delay * copy, publication })
          reader.room = room
          reader.merge.live(frames.filter((frame) => frame.at === at).map((frame) => frame.publication))
          reader.merge.drained()
          reader.world.run(passesMs)
          if (at !== restartAt) return
          got.push(...reader.got)
          const place = reader.places.at(-1)
          reader.merge.close()
          reader = new Reader(topic, place === undefined ? {} : { from: decodePlace(encodePlace(place)) })
        })
        reader.room = 1_000_000
        reader.world.run(20_000)
        got.push(...reader.got)

        expect(got.toSorted()).toEqual(said(topic).toSorted())
        for (const origin of ['a', 'b', 'c']) {
          const ofOrigin = (messages: string[]): string[] =>
            messages.filter((text) => text.startsWith(origin))
          expect(ofOrigin(got)).toEqual(ofOrigin(said(topic)))
        }
      }),
      { numRuns: 500 },
    )
  })
})
