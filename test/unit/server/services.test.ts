import { describe, expect, it } from 'vitest'
import { type Call, type Desk, SERVICES } from '../../../src/server/services/index.ts'
import type { Position, RecadoError } from '../../../src/wire/index.ts'

const MEMBERSHIP: Position = { clock: 5, origin: 'server-1', incarnation: 1, seq: 1 }

/**
 * A server at which ana and all members are known, and the private channel `board` of these members. What a majority
 * holds beyond it becomes known when that is asked.
 */
function setUp(members: readonly string[], held: { members?: readonly string[] } = {}) {
  const done = { accepted: [] as string[], awaited: [] as string[], failed: [] as RecadoError[] }
  let known = members
  const desk = {
    acks: 'quorum',
    messageBytesMax: 100,
    knowsUser: (name: string) => name !== 'nobody',
    knowsChannel: (name: string) => name === 'board',
    membersOf: () => new Map(known.map((name) => [name, MEMBERSHIP])),
    mayUse: (_channel: string, user: string) => known.includes(user),
    makeSure(call: Call, sure: () => boolean, otherwise: () => RecadoError, go: () => void) {
      if (!sure()) known = held.members ?? known
      if (sure()) go()
      else call.fail(otherwise())
    },
    accept: (_call: Call, { kind, message }: { kind: string; message?: string }) =>
      void done.accepted.push(`${kind} ${message ?? ''}`.trim()),
    awaitHeld: (_call: Call, { clock }: Position) => void done.awaited.push(`${clock}`),
    awaitRegistration: (_call: Call, kind: string, name: string) => void done.awaited.push(`${kind} ${name}`),
  } as unknown as Desk
  const ask = (service: string, data: object): void => {
    const call: Call = {
      request: {
        service,
        id: 'id',
        clock: 1,
        timestamp: 0,
        data: { user: 'ana', channel: 'board', ...data },
      },
      user: 'ana',
      answered: false,
      ok: () => {},
      fail: (error) => void done.failed.push(error),
      accepted: () => {},
    }
    try {
      SERVICES.get(service)?.(call, desk)
    } catch (error) {
      call.fail(error as RecadoError)
    }
  }
  return { done, ask }
}

const others = (count: number): string[] => Array.from({ length: count }, (_, index) => `user-${index}`)

describe('invite', () => {
  it('makes no more members than a channel may have', () => {
    const { done, ask } = setUp(['ana', ...others(254)])
    ask('invite', { member: 'eve' })
    const full = setUp(['ana', ...others(255)])
    full.ask('invite', { member: 'eve' })

    expect(done).toEqual({ accepted: ['invite eve'], awaited: [], failed: [] })
    expect(full.done.accepted).toEqual([])
    expect(full.done.failed).toEqual([
      expect.objectContaining({
        code: 'bad_request',
        message: expect.stringContaining('limit: members'),
      }),
    ])
  })

  it('makes no second operation for who is a member, and answers once that is held', () => {
    const { done, ask } = setUp(['ana', ...others(255)])
    ask('invite', { member: 'user-254' })

    expect(done).toEqual({ accepted: [], awaited: ['5'], failed: [] })
  })
})

describe('channel', () => {
  it('asks a majority before it says that one is no member', () => {
    const behind = setUp(['bob'], { members: ['bob', 'ana'] })
    behind.ask('channel', {})
    const stranger = setUp(['bob'])
    stranger.ask('channel', {})

    expect(behind.done).toEqual({ accepted: [], awaited: ['5'], failed: [] })
    expect(stranger.done.failed).toEqual([expect.objectContaining({ code: 'denied' })])
  })
})

describe('publish', () => {
  it.each([
    ['not_logged_in', { user: 'nobody', channel: 'none' }],
    ['unknown_channel', { channel: 'none' }],
    ['denied', { user: 'eve' }],
  ])('fails as %s', (code, data) => {
    const { done, ask } = setUp(['ana'])
    ask('publish', { message: 'hi', ...data })

    expect(done.failed).toEqual([expect.objectContaining({ code })])
    expect(done.accepted).toEqual([])
  })

  it('is taken from who is a member by what a majority holds', () => {
    const { done, ask } = setUp(['bob'], { members: ['bob', 'ana'] })
    ask('publish', { message: 'hi' })

    expect(done).toEqual({ accepted: ['publish hi'], awaited: [], failed: [] })
  })
})
