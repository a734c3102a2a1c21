import { describe, expect, it } from 'vitest'
import { type Answer, type Call, type Desk, SERVICES } from '../../../src/server/services/index.ts'
import { Groups } from '../../../src/store/groups.ts'
import type { Position, RecadoError } from '../../../src/wire/index.ts'
import { startOneServer } from './one-server.ts'

interface Operation {
  readonly kind: string
  readonly target: string
  readonly message?: string
}

/** A server at which all have logged in. What a majority has is known once that is asked; an operation is held when `hold` is called. */
function setUp({ secured = true } = {}) {
  const groups = new Groups()
  const known = new Set<string>()
  const world = { held: [] as Operation[], asked: 0, accepted: [] as string[], mayCreate: true }
  const waiting: (() => void)[] = []
  let clock = 0
  const at = (): Position => ({ clock: ++clock, origin: 'a', incarnation: 1, seq: clock })
  const hear = ({ kind, target, message }: Operation): void => {
    known.add(target)
    if (kind === 'private') groups.make(target, String(message).split(' '), at())
  }
  const hearAll = (): void => {
    for (const operation of world.held.splice(0)) hear(operation)
  }
  const answerLater = (call: Call, answer: Answer): void =>
    void waiting.push(() => {
      const data = answer(at())
      if (data instanceof Error) call.fail(data)
      else call.ok(data as Record<string, unknown>)
    })
  const desk: Partial<Desk> = {
    acks: 'quorum',
    knowsUser: () => true,
    knowsChannel: (name) => known.has(name),
    membersOf: (channel) => groups.membersOf(channel),
    mayUse: (channel, user) => groups.membersOf(channel)?.has(user) ?? true,
    checkMayCreate() {
      if (!world.mayCreate) throw Object.assign(new Error('limit'), { code: 'denied' })
    },
    afterMajority(call, go) {
      world.asked++
      hearAll()
      tried(call, go)
    },
    makeSure(call, sure, otherwise, go) {
      if (!sure()) {
        world.asked++
        hearAll()
      }
      if (sure()) go()
      else call.fail(otherwise())
    },
    accept(call, { kind, target, message }, _level, answer) {
      world.accepted.push(`${kind} ${target} ${String(message ?? '')}`.trim())
      hear({ kind, target, ...(message === undefined ? {} : { message: String(message) }) })
      answerLater(call, answer)
    },
    awaitHeld: (call, _position, _level, answer) => answerLater(call, answer),
    awaitRegistration: (call, _kind, _name, answer = () => ({})) => answerLater(call, answer),
  }
  const ask = (user: string, members?: readonly string[]): string[] => {
    const answers: string[] = []
    const more = members === undefined ? {} : { members }
    const call: Call = {
      request: {
        service: 'channel',
        id: 'id',
        clock: 1,
        timestamp: 0,
        data: { user, channel: 'board', ...more },
      },
      user: secured ? user : undefined,
      answered: false,
      ok: () => void answers.push('ok'),
      fail: ({ code }) => void answers.push(code),
      accepted: () => {},
    }
    tried(call, () => SERVICES.get('channel')?.(call, desk as Desk))
    return answers
  }
  const hold = (): void => {
    for (const each of waiting.splice(0)) each()
  }
  return { world, hear, ask, hold }
}

function tried(call: Call, act: () => void): void {
  try {
    act()
  } catch (error) {
    call.fail(error as RecadoError)
  }
}

const PUBLIC: Operation = { kind: 'channel', target: 'board' }
const privately = (...members: string[]): Operation => ({
  kind: 'private',
  target: 'board',
  message: members.join(' '),
})

describe('A channel', () => {
  it('that is asked for as a private one is not a public one that is there, which it says', async () => {
    const { ask } = await startOneServer()
    const tokens: Record<string, unknown> = {}
    for (const user of ['ana', 'bob', 'eve'])
      tokens[user] = (await ask('login', { user, secret: `secret of ${user}` })).data['token']
    const create = async (user: string, channel: string, more = {}): Promise<object> =>
      (await ask('channel', { user, token: tokens[user], channel, ...more })).data
    const members = ['bob']

    expect(await create('eve', 'board')).toEqual({ status: 'ok' })
    expect(await create('ana', 'board', { members })).toMatchObject({
      code: 'name_taken',
      message: expect.stringMatching(/public.*choose another/),
    })
    expect(await create('ana', 'board', { members: [] })).toMatchObject({ code: 'name_taken' })
    expect(await create('ana', 'board')).toEqual({ status: 'ok' })
    expect(await create('ana', 'our board', { members })).toMatchObject({ code: 'bad_request' })
    expect(await create('ana', 'ours', { members })).toEqual({ status: 'ok' })
    for (const again of [{ members }, { members: [] }, {}])
      expect(await create('ana', 'ours', again)).toEqual({ status: 'ok' })
    expect(await create('bob', 'ours', { members: ['eve'] })).toEqual({ status: 'ok' })
    expect(await create('eve', 'ours', { members: ['eve'] })).toMatchObject({ code: 'denied' })
  })

  it('of secured mode is made once no majority has the name, in open mode at once', () => {
    const secured = setUp()
    secured.world.held.push(privately('ana', 'bob'))
    expect(secured.ask('eve')).toEqual(['denied'])
    expect(secured.world).toMatchObject({ accepted: [], asked: 2 })
    const unknown = setUp()
    unknown.ask('eve')
    expect(unknown.world).toMatchObject({ accepted: ['channel board'], asked: 1 })
    const open = setUp({ secured: false })
    open.ask('eve')

    expect(open.world).toMatchObject({ accepted: ['channel board'], asked: 0 })
  })

  it.each([
    ['a private one', ['bob'], PUBLIC, 'ok'],
    ['a private one', ['bob'], privately('ana', 'bob'), 'ok'],
    ['a private one', ['bob'], privately('bob', 'ana'), 'ok'],
    ['a private one', ['bob'], privately('eve'), 'name_taken'],
    ['a private one', ['bob'], privately('eve', 'ana'), 'name_taken'],
    ['a public one', undefined, PUBLIC, 'ok'],
    ['a public one', undefined, privately('eve'), 'name_taken'],
    ['a public one', undefined, privately('eve', 'ana'), 'name_taken'],
  ])(
    'that was asked for as %s (%j) beside another of the same moment, %j, is %s',
    (_what, members, other, code) => {
      const { ask, hear, hold } = setUp()
      const answers = ask('ana', members)
      hear(other)
      hold()

      expect(answers).toEqual([code])
    },
  )

  it('that somebody asks for again is not ok when it turns out to be for others', () => {
    const { ask, hear, hold } = setUp()
    ask('ana', ['bob'])
    const again = ask('ana', ['bob'])
    hear(privately('eve'))
    hold()

    expect(again).toEqual(['name_taken'])
  })

  it('is not made by who may make no more, when many asked at once', async () => {
    const { ask } = await startOneServer()
    const { token } = (await ask('login', { user: 'ana', secret: 'secret of ana' })).data
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        ask('channel', { user: 'ana', token, channel: `channel-${number}` }, 1, number),
      ),
    )

    expect(answers.filter(({ data }) => data['status'] === 'ok')).toHaveLength(3)
    expect(answers.filter(({ data }) => data['code'] === 'denied')).toHaveLength(5)
  })
})
