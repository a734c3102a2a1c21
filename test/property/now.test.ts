import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePlace, encodePlace } from '../../src/client/cursor.ts'
import type { Question } from '../../src/client/merge.ts'
import type { Publication } from '../../src/wire/index.ts'
import { Reader, Topic } from '../support/merging.ts'

const ORIGINS = ['a', 'b', 'c']

const said = fc.record({
  origin: fc.constantFrom(...ORIGINS),
  skip: fc.nat(2),
  /** How often the frame arrives, and how many steps later each time. */
  copies: fc.nat(2),
  delay: fc.nat(3),
  passesMs: fc.constantFrom(0, 0, 0, 100, 6000),
})

describe('A subscription from now on', () => {
  it('goes on from the cursor of any item with exactly what it gave behind that, whatever came live before the answer', () => {
    const plan = fc.record({
      before: fc.array(said, { maxLength: 5 }),
      steps: fc.array(said, { maxLength: 30 }),
      /** After so many steps the server says where now is, and after so many more the answer is here. */
      asked: fc.nat(10),
      answered: fc.nat(10),
      /** So many of the last messages that server does not show yet. */
      lag: fc.nat(4),
    })
    fc.assert(
      fc.property(plan, ({ before, steps, asked, answered, lag }) => {
        const topic = new Topic()
        for (const { origin, skip } of before) topic.say(origin, { skip })
        const reader = new Reader(topic, { skip: true })
        reader.answering = false
        reader.world.run(1)
        const question = reader.questions[0] as Question
        let page = topic.page(question)
        let shown = topic.messages.length
        const frames: { at: number; publication: Publication }[] = []
        for (let at = 0; at < Math.max(steps.length, asked + answered + 1); at++) {
          if (at === asked) {
            shown = Math.max(before.length, topic.messages.length - lag)
            page = topic.page(question, shown)
          }
          if (at === asked + answered) {
            reader.answering = true
            reader.merge.page(page)
          }
          const step = steps[at]
          if (step === undefined) continue
          const publication = topic.say(step.origin, { skip: step.skip })
          for (let copy = 0; copy < step.copies; copy++)
            frames.push({ at: at + step.delay * (copy + 1), publication })
          reader.merge.live(frames.filter((frame) => frame.at === at).map((frame) => frame.publication))
          reader.world.run(step.passesMs)
        }
        reader.world.run(20_000)

        const ofOrigin = (origin: string, texts: readonly string[]): string[] =>
          texts.filter((text) => text.startsWith(origin))
        const behind = topic.messages.slice(shown).map((message) => message.message as string)
        expect(reader.got).toEqual(expect.arrayContaining(behind))
        reader.places.forEach((place, index) => {
          const next = new Reader(topic, { from: decodePlace(encodePlace(place)) })
          next.world.run(1)
          const rest = reader.got.slice(index + 1)
          for (const origin of ORIGINS) expect(ofOrigin(origin, next.got)).toEqual(ofOrigin(origin, rest))
        })
      }),
      { numRuns: 1000 },
    )
  })
})
