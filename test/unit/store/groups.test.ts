import { describe, expect, it } from 'vitest'
import { Groups } from '../../../src/store/groups.ts'
import type { Position } from '../../../src/wire/index.ts'

const at = (clock: number, origin = 'a'): Position => ({ clock, origin, incarnation: 1, seq: clock })

describe('Groups', () => {
  it('let the last in the order count, in whatever order it comes', () => {
    const said: ((groups: Groups) => void)[] = [
      (groups) => groups.make('board', ['ana', 'bob'], at(1)),
      (groups) => groups.set('board', 'eve', true, at(2)),
      (groups) => groups.set('board', 'bob', false, at(3)),
      (groups) => groups.set('board', 'eve', false, at(4)),
      (groups) => groups.set('board', 'eve', true, at(5)),
    ]
    for (const order of [said, said.toReversed()]) {
      const groups = new Groups()
      for (const say of order) say(groups)

      expect(groups.membersOf('board', at(1))).toEqual(
        new Map([
          ['ana', at(1)],
          ['eve', at(5)],
        ]),
      )
    }
  })

  it('leave a channel public that was made public first in the order', () => {
    const groups = new Groups()
    groups.make('board', ['ana'], at(5))

    expect(groups.membersOf('board', at(4))).toBeUndefined()
    expect(groups.membersOf('board', at(5))).toEqual(new Map([['ana', at(5)]]))
    expect(groups.membersOf('news', at(1))).toBeUndefined()
  })
})
