import { describe, expect, it } from 'vitest'
import {
  advanceRotation,
  beginRotation,
  decideRotation,
  endRotation,
  type Keyring,
  newKeyring,
} from '../../../src/operator/security/index.ts'
import { testKeyMaker } from '../support/key-maker.ts'

const make = testKeyMaker()
const fresh = newKeyring(make)
const first = beginRotation(fresh, 'monday', make)
const second = advanceRotation(first)
const third = advanceRotation(second)
const ended = endRotation(third, '2026-11-24T12:00:00Z')

const LONG_MS = 600_000
const decide = (
  keyring: Keyring,
  asked: string | undefined,
  unread: readonly string[] | undefined = [],
  stepMs = LONG_MS,
) => decideRotation({ keyring, asked, unread, stepMs })

describe('a rotation', () => {
  it('begins when it is asked for, and once for each value', () => {
    expect(decide(fresh, undefined)).toEqual({ step: 'none' })
    expect(decide(fresh, 'monday')).toEqual({ step: 'begin', asked: 'monday' })
    expect(decide(ended, 'monday')).toEqual({ step: 'none' })
    expect(decide(ended, 'tuesday')).toEqual({ step: 'begin', asked: 'tuesday' })
    expect(decide(ended, undefined)).toEqual({ step: 'none' })
  })

  it('is not begun for keys that were made when it was asked for already', () => {
    expect(decide(newKeyring(make, 'monday'), 'monday')).toEqual({ step: 'none' })
  })

  it('compares the beginning of what asks for it, for that alone is kept', () => {
    const asked = 'x'.repeat(10_000)
    const decision = decide(fresh, asked)
    const kept = decision.step === 'begin' ? decision.asked : ''

    expect(kept).toHaveLength(256)
    expect(decide(newKeyring(make, kept), asked)).toEqual({ step: 'none' })
  })

  it.each([
    ['first', first, 'advance'],
    ['second', second, 'advance'],
    ['last', third, 'end'],
  ] as const)(
    'goes on from the %s step once all have read it, and waits for who has not',
    (_, each, next) => {
      expect(decide(each, 'monday')).toEqual({ step: next })
      expect(decide(each, 'monday', ['chat-server-1'])).toMatchObject({
        step: 'wait',
        why: expect.stringContaining('chat-server-1'),
      })
    },
  )

  it.each([first, second, third])('does not guess while nobody can be asked who has read what', (each) => {
    expect(
      decideRotation({ keyring: each, asked: 'monday', unread: undefined, stepMs: LONG_MS }),
    ).toMatchObject({
      step: 'wait',
      why: expect.stringContaining('reference service'),
    })
  })

  it('gives clients two minutes between the first and the second step, and says when to look again', () => {
    expect(decide(first, 'monday', [], 119_000)).toMatchObject({ step: 'wait', againAfterMs: 1000 })
    expect(decide(first, 'monday', [], 120_000)).toEqual({ step: 'advance' })
    expect(decide(second, 'monday', [], 0)).toEqual({ step: 'advance' })
  })

  it('goes to its end though the annotation is taken away or says something else', () => {
    expect(decide(second, undefined)).toEqual({ step: 'advance' })
    expect(decide(third, 'tuesday')).toEqual({ step: 'end' })
  })

  it('names a few of those it waits for, and counts the others', () => {
    const pods = Array.from({ length: 8 }, (_, index) => `chat-server-${index}`)

    expect(decide(first, 'monday', pods)).toMatchObject({
      why: expect.stringMatching(/server-4 and 3 more$/),
    })
  })
})
