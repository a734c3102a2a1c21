import * as fc from 'fast-check'
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

      expect(groups.membersOf('board')).toEqual(
        new Map([
          ['ana', at(1)],
          ['eve', at(5)],
        ]),
      )
    }
  })

  it('know a channel that was made private once as private, and no other', () => {
    const groups = new Groups()
    groups.make('board', ['ana'], at(5))

    expect(groups.membersOf('board')).toEqual(new Map([['ana', at(5)]]))
    expect(groups.membersOf('news')).toBeUndefined()
  })

  it.each([
    ['nobody', ['ana', 'bob'], ['eve'], []],
    ['whom both name', ['ana', 'bob'], ['bob', 'eve', 'ana'], ['ana', 'bob']],
    ['all where both name the same', ['ana', 'bob'], ['bob', 'ana'], ['ana', 'bob']],
  ])(
    'let in %s where two made it at the same moment, whichever is first in the order',
    (_who, a, b, members) => {
      for (const [first, second] of [
        [at(1), at(2)],
        [at(2), at(1)],
      ] as const) {
        const groups = new Groups()
        groups.make('board', a, first)
        groups.make('board', b, second)

        expect([...(groups.membersOf('board')?.keys() ?? [])].toSorted()).toEqual(members)
      }
    },
  )

  it('let nobody be invited by who is a member by the word of another alone, whatever comes first', () => {
    const said: ((groups: Groups) => void)[] = [
      (groups) => groups.make('board', ['ana', 'bob', 'rui'], at(1)),
      (groups) => groups.make('board', ['eve', 'bob', 'rui'], at(2)),
      (groups) => groups.set('board', 'mallory', true, at(3)),
      (groups) => groups.set('board', 'eve', true, at(4)),
      (groups) => groups.set('board', 'rui', false, at(5)),
    ]
    for (const order of [said, said.toReversed()]) {
      const groups = new Groups()
      for (const say of order) say(groups)

      expect(groups.membersOf('board')).toEqual(new Map([['bob', at(1)]]))
    }
  })

  it('do not bring back who has left when the same creation comes a second time', () => {
    const groups = new Groups()
    groups.make('board', ['ana', 'bob'], at(1))
    groups.set('board', 'bob', false, at(2))
    groups.set('board', 'eve', true, at(3))
    groups.make('board', ['ana', 'bob'], at(4, 'b'))

    expect([...(groups.membersOf('board')?.keys() ?? [])]).toEqual(['ana', 'eve'])
  })

  it('say the same in whatever order they hear the same', () => {
    const name = fc.constantFrom('ana', 'bob', 'eve')
    const operation = fc.oneof(
      fc.record({ names: fc.uniqueArray(name, { minLength: 1 }) }),
      fc.record({ name, member: fc.boolean() }),
    )
    const operations = fc.array(operation, { maxLength: 8 })
    const shuffled = operations.chain((all) => {
      const numbered = all.map((each, index) => [each, at(index + 1)] as const)
      return fc.tuple(
        fc.constant(numbered),
        fc.shuffledSubarray(numbered, { minLength: all.length, maxLength: all.length }),
      )
    })
    const told = (
      all: readonly (readonly [{ names: string[] } | { name: string; member: boolean }, Position])[],
    ) => {
      const groups = new Groups()
      for (const [each, position] of all) {
        if ('names' in each) groups.make('board', each.names, position)
        else groups.set('board', each.name, each.member, position)
      }
      return groups.membersOf('board')
    }
    fc.assert(
      fc.property(shuffled, ([one, another]) => {
        expect(told(another)).toEqual(told(one))
      }),
    )
  })
})
