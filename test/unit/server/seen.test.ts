import { describe, expect, it } from 'vitest'
import type { Acceptor } from '../../../src/server/acceptor.ts'
import { Acknowledgements } from '../../../src/server/acknowledgements.ts'
import { type DeskOptions, ServerDesk } from '../../../src/server/desk.ts'
import type { Call } from '../../../src/server/services/index.ts'
import type { RecadoError } from '../../../src/wire/index.ts'
import { quietTimers } from '../../support/quiet.ts'

const DEADLINE_MS = 5000
const streams = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s/${index}`, 1]))

/** A server that knows the channel `news` and holds nothing yet. A majority answers at once, or never. */
function setUp({ majority = true } = {}) {
  const held = { one: new Map<string, number>(), quorum: new Map<string, number>() }
  const acknowledgements = new Acknowledgements()
  const replica = {
    reached: (level: 'one' | 'quorum', stream: string) => held[level].get(stream) ?? 0,
    visible: () => new Map(),
    afterBarrier: (done: () => void) => {
      if (majority) done()
      return true
    },
  }
  const desk = new ServerDesk({
    ackDeadlineMs: DEADLINE_MS,
    now: () => 0,
    timers: quietTimers,
    store: { history: () => ({ messages: [], next: new Map(), more: false }) },
    replica,
    acceptor: { channelAt: (name: string) => (name === 'news' ? {} : undefined) } as unknown as Acceptor,
    acknowledgements,
  } as unknown as DeskOptions)
  const ask = (data: object): string[] => {
    const answers: string[] = []
    const call: Call = {
      request: { service: 'history', id: '1', clock: 1, timestamp: 0, data: { channel: 'news', ...data } },
      answered: false,
      ok: () => void answers.push('ok'),
      fail: ({ code }) => void answers.push(code),
      accepted: () => {},
    }
    try {
      desk.history(call)
    } catch (error) {
      call.fail(error as RecadoError)
    }
    return answers
  }
  const reach = (level: 'one' | 'quorum', stream: string): void => {
    held[level].set(stream, 1)
    acknowledgements.reached(level, stream, 1)
  }
  return { acknowledgements, ask, reach }
}

describe('What a reader has seen', () => {
  it.each(['seen', 'passed'])('names at most 1,024 streams in `%s`', (key) => {
    const { acknowledgements, ask } = setUp()

    expect(ask({ [key]: streams(1025) })).toEqual(['bad_request'])
    expect(ask({ [key]: streams(1024) })).not.toEqual(['bad_request'])
    expect(acknowledgements.size).toBeLessThanOrEqual(1)
  })

  it('is waited for once for each request, and no longer than that is unanswered', () => {
    const { acknowledgements, ask } = setUp()
    const answers = Array.from({ length: 30 }, () => ask({ seen: streams(1000) }))
    expect(acknowledgements.size).toBe(30)
    acknowledgements.expire(DEADLINE_MS)

    expect(answers).toEqual(Array.from({ length: 30 }, () => ['unavailable']))
    expect(acknowledgements.size).toBe(0)
  })

  it.each([
    ['is not known', 'unknown_channel', true],
    ['may be known to others only', undefined, false],
  ])('is not waited for where the channel %s', (_what, code, majority) => {
    const { acknowledgements, ask } = setUp({ majority })

    expect(ask({ channel: 'nothing', seen: streams(1000) })).toEqual(code === undefined ? [] : [code])
    expect(acknowledgements.size).toBe(0)
  })

  it('is shown once all of it is on the disks of a majority and on this one, in whatever order', () => {
    const { acknowledgements, ask, reach } = setUp()
    const answers = ask({ seen: streams(3) })
    for (const stream of ['s/1', 's/2', 's/0']) reach('quorum', stream)
    for (const stream of ['s/0', 's/2']) reach('one', stream)
    expect(answers).toEqual([])
    reach('one', 's/1')

    expect(answers).toEqual(['ok'])
    expect(acknowledgements.size).toBe(0)
    expect(ask({ seen: streams(3) })).toEqual(['ok'])
  })
})
