import { describe, expect, it } from 'vitest'
import { UserLimits } from '../../../src/server/user-limits.ts'

function setUp() {
  const clock = { now: 0 }
  const time = { monotonic: () => clock.now, wall: () => 0 }
  return { clock, limits: new UserLimits({ userRequests: 2, userBytesPerSecond: 1000 }, time) }
}

const over = (limit: string) =>
  expect.objectContaining({ code: 'overloaded', message: expect.stringContaining(limit) })

const thrown = (act: () => void): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('UserLimits', () => {
  it('bound what one user has under way, until it is answered, and no other', () => {
    const { limits } = setUp()
    limits.began('ana', 0)
    limits.began('ana', 0)

    expect(thrown(() => limits.began('ana', 0))).toEqual(over('requests under way'))
    expect(thrown(() => limits.began('rui', 0))).toBeUndefined()
    limits.ended('ana')
    expect(thrown(() => limits.began('ana', 0))).toBeUndefined()
  })

  it('bound what one user says in a second, with two seconds saved up', () => {
    const { limits, clock } = setUp()
    const say = (bytes: number): unknown =>
      thrown(() => {
        limits.began('ana', bytes)
        limits.ended('ana')
      })

    expect([say(900), say(900), say(900)]).toEqual([undefined, undefined, over('bytes a second')])
    clock.now = 700
    expect([say(900), say(900)]).toEqual([undefined, over('bytes a second')])
    clock.now = 60_000
    expect([say(1000), say(1000), say(1)]).toEqual([undefined, undefined, over('bytes a second')])
  })

  it('let who has said little say one message of any size', () => {
    const { limits } = setUp()

    expect(thrown(() => limits.began('ana', 100_000))).toBeUndefined()
  })

  it('remember who has said much, however many others come', () => {
    const { limits, clock } = setUp()
    const say = (user: string, bytes: number): unknown =>
      thrown(() => {
        limits.began(user, bytes)
        limits.ended(user)
      })
    say('ana', 2000)
    for (let number = 0; number < 20_001; number++) say(`user ${number}`, 0)

    expect(say('ana', 1000)).toEqual(over('bytes a second'))
    clock.now = 1000
    expect(say('ana', 1000)).toBeUndefined()
  })

  it('forget who is nearest to saying all again, when so many have said much', () => {
    const { limits } = setUp()
    const say = (user: string, bytes: number): unknown =>
      thrown(() => {
        limits.began(user, bytes)
        limits.ended(user)
      })
    for (let number = 0; number < 10_000; number++) say(`user ${number}`, number === 7 ? 500 : 2000)
    say('one more', 2000)

    expect(say('user 7', 1900)).toBeUndefined()
    expect(say('user 8', 1000)).toEqual(over('bytes a second'))
  })
})
