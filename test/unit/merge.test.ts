import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePlace, encodePlace, type Place, placeBehind } from '../../src/client/cursor.ts'
import { Merge, type MergeOptions, PAGE_MESSAGES, type Page, type Question } from '../../src/client/merge.ts'
import { comparePositions, type Publication, streamKey } from '../../src/wire/index.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const START: Place = { after: undefined, passed: new Map() }

/** A topic as servers keep it, whose cursors are vectors, as theirs are. */
class Topic {
  readonly messages: Publication[] = []
  readonly #last = new Map<string, number>()
  #clock = 0

  /** Something is said; other operations of the stream may have come between. */
  say(origin: string, options: { skip?: number; id?: string; clock?: number } = {}): Publication {
    const previous = this.#last.get(origin) ?? 0
    const seq = previous + 1 + (options.skip ?? 0)
    this.#last.set(origin, seq)
    this.#clock = options.clock ?? this.#clock + 1
    const publication: Publication = {
      clock: this.#clock,
      timestamp: 0,
      operation: { clock: this.#clock, origin, incarnation: 1, seq },
      previous,
      id: options.id ?? `${origin}-${seq}`,
      user: 'ana',
      channel: 'general',
      message: `${origin} ${seq}`,
    }
    this.messages.push(publication)
    return publication
  }

  page({ after, limit, passed: also }: Question): Page {
    if (after === 'now') {
      const passed = new Map([...this.#last].map(([origin, seq]) => [`${origin}/1`, seq]))
      return { messages: [], next: JSON.stringify([...this.#last]), more: false, passed }
    }
    const passed = new Map<string, number>(after === undefined ? [] : JSON.parse(after))
    for (const [stream, seq] of Object.entries(also)) {
      const origin = stream.split('/')[0] as string
      passed.set(origin, Math.max(seq, passed.get(origin) ?? 0))
    }
    const behind = this.messages
      .filter(({ operation }) => operation.seq > (passed.get(operation.origin) ?? 0))
      .toSorted((a, b) => comparePositions(a.operation, b.operation))
    const messages = behind.slice(0, limit)
    for (const { operation } of messages) passed.set(operation.origin, operation.seq)
    return {
      messages: messages.map((message) => ({ ...message, previous: 0 })),
      next: JSON.stringify([...passed]),
      more: behind.length > limit,
    }
  }
}

/** A merge that reads a topic; it answers at once unless it is told to wait. */
class Reader {
  readonly got: string[] = []
  readonly places: Place[] = []
  readonly questions: Question[] = []
  readonly world = new VirtualTime()
  readonly merge: Merge
  room = 1_000_000
  answering = true

  constructor(topic: Topic, options: Partial<MergeOptions> = {}) {
    const merge = new Merge({
      from: START,
      skip: false,
      timers: this.world.process(),
      wanted: () => true,
      ask: (question) => {
        this.questions.push(question)
        if (this.answering) merge.page(topic.page(question))
      },
      deliver: (publication, before) => {
        this.got.push(publication.message as string)
        this.places.push(placeBehind(before, publication))
        this.room--
      },
      room: () => this.room,
      caughtUp: () => {},
      ...options,
    })
    this.merge = merge
  }
}

function said(topic: Topic): string[] {
  return topic.messages.map((message) => message.message as string)
}

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

  it('begins behind what history holds when asked for what comes from now on', () => {
    const topic = new Topic()
    topic.say('a')
    topic.say('b')
    const reader = new Reader(topic, { skip: true })
    const live = topic.say('a')
    reader.merge.live([live])
    reader.world.run(1)
    reader.merge.live([topic.say('b')])

    expect(reader.got).toEqual(['a 2', 'b 2'])
    expect(reader.questions.map(({ after }) => after)).toEqual(['now'])
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
