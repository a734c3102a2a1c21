import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ClaimFacts,
  decideScale,
  type ScaleFacts,
  wantedAsItIs,
} from '../../../src/operator/reconcile/scale.ts'
import { entries, entry, view } from '../support/views.ts'

const claim = (ordinal: number, rest: Partial<ClaimFacts> = {}): ClaimFacts => {
  return {
    name: `data-chat-server-${ordinal}`,
    uid: `claim-${ordinal}`,
    ordinal,
    terminating: false,
    leaving: false,
    ...rest,
  }
}
const claims = (count: number, leavingFrom = count): ClaimFacts[] => {
  return Array.from({ length: count }, (_, ordinal) => claim(ordinal, { leaving: ordinal >= leavingFrom }))
}
const ordinals = (count: number): number[] => Array.from({ length: count }, (_, ordinal) => ordinal)
const facts = (rest: Partial<ScaleFacts>): ScaleFacts => {
  return {
    cluster: 'chat',
    desired: 3,
    replicas: 3,
    claims: claims(3),
    pods: ordinals(3),
    view: view(entries(3), 3),
    ...rest,
  }
}
const names = (list: readonly ClaimFacts[]): number[] => list.map(({ ordinal }) => ordinal)
const gone = { state: 'removed', voter: false, drained: true } as const

describe('decideScale', () => {
  it('begins with all that are asked for', () => {
    expect(decideScale(facts({ replicas: undefined, claims: [], pods: [], view: undefined }))).toMatchObject({
      replicas: 3,
      wanted: 3,
      leaving: [],
    })
  })

  it('adds servers at once', () => {
    expect(decideScale(facts({ desired: 5 }))).toMatchObject({ replicas: 5, wanted: 5, mark: [], remove: [] })
  })

  it('marks and drains who is too many, and lowers nothing before ref lists it as removed', () => {
    const five = facts({ replicas: 5, claims: claims(5), pods: ordinals(5), view: view(entries(5), 5) })
    const decision = decideScale(five)
    expect(decision).toMatchObject({ replicas: 5, wanted: 3, leaving: ['chat-server-3', 'chat-server-4'] })
    expect(names(decision.mark)).toEqual([3, 4])
  })

  it.each([
    ['the highest is removed', [entry(3, { state: 'leaving' }), entry(4, gone)], 4],
    ['one below the highest is removed', [entry(3, gone), entry(4, { state: 'leaving' })], 5],
    ['both are removed', [entry(3, gone), entry(4, gone)], 3],
    ['they never had a rank', [], 3],
    ['one is down', [entry(3, gone), entry(4, { state: 'down' })], 5],
  ] as const)('lowers by what is removed from the top: %s', (_, rest, replicas) => {
    const seen = view([...entries(3), ...rest], 3)
    expect(
      decideScale(facts({ replicas: 5, claims: claims(5, 3), pods: ordinals(5), view: seen })).replicas,
    ).toBe(replicas)
  })

  it.each([
    ['no ref answers', undefined],
    ['ref does not know the list', view([...entries(3), entry(3, gone), entry(4, gone)], 3, { epoch: 0 })],
    ['ref was not told yet', view([...entries(3), entry(3, gone), entry(4, gone)], 5)],
  ])('lowers nothing and deletes nothing while %s', (_, seen) => {
    const decision = decideScale(facts({ replicas: 5, claims: claims(5, 3), pods: ordinals(3), view: seen }))
    expect(decision).toMatchObject({ replicas: 5, remove: [] })
  })

  it('deletes the claims of removed servers once their pods are gone', () => {
    const seen = view([...entries(3), entry(3, gone), entry(4, gone)], 3)
    const left = { claims: claims(5, 3), view: seen }
    expect(names(decideScale(facts({ ...left, pods: ordinals(5) })).remove)).toEqual([])
    expect(names(decideScale(facts({ ...left, pods: [0, 1, 2, 4] })).remove)).toEqual([3])
    expect(names(decideScale(facts({ ...left, pods: ordinals(3) })).remove)).toEqual([3, 4])
  })

  it('leaves alone a claim without a mark of a server that ref never heard of', () => {
    expect(decideScale(facts({ claims: claims(5), pods: ordinals(3) })).remove).toEqual([])
  })

  it('asks again for a leaving server that still votes, and takes its mark off only once ref has said so knowing it', () => {
    const leaving = { desired: 5, replicas: 5, claims: claims(5, 3), pods: ordinals(5) }
    const attempt = decideScale(facts({ ...leaving, view: view(entries(5), 3) }))
    expect(attempt).toMatchObject({ wanted: 5, unmark: [] })
    const success = decideScale(facts({ ...leaving, view: view(entries(5), 5) }))
    expect(names(success.unmark)).toEqual([3, 4])
    const failure = decideScale(
      facts({ ...leaving, view: view([...entries(4), entry(4, { voter: false })], 5) }),
    )
    expect(failure).toMatchObject({ wanted: 4, replicas: 5 })
  })

  it('asks for no server again whose mark nobody can explain yet', () => {
    const unknown = facts({
      desired: 5,
      replicas: 5,
      claims: claims(5, 3),
      pods: ordinals(5),
      view: undefined,
    })
    expect(decideScale(unknown)).toMatchObject({ wanted: 3, replicas: 5, remove: [] })
  })

  it('adds no server to a claim that is being deleted', () => {
    const terminating = [...claims(3), claim(3, { terminating: true })]
    expect(decideScale(facts({ desired: 5, claims: terminating }))).toMatchObject({ wanted: 3, replicas: 3 })
  })

  it('finds out what there was when the StatefulSet is gone', () => {
    const orphaned = facts({ desired: 1, replicas: undefined, pods: ordinals(3) })
    expect(decideScale(orphaned)).toMatchObject({ replicas: 3, wanted: 1 })
    const marked = facts({ desired: 1, replicas: undefined, pods: [], claims: claims(3, 1), view: undefined })
    expect(decideScale(marked)).toMatchObject({ replicas: 3, wanted: 1 })
  })
})

describe('wantedAsItIs', () => {
  it('is what ref was told, by the marks, whatever is asked for meanwhile', () => {
    expect(wantedAsItIs(facts({ desired: 1, replicas: 5, claims: claims(5, 4) }))).toBe(4)
    expect(wantedAsItIs(facts({ desired: 1, replicas: 5, claims: claims(5) }))).toBe(5)
  })
})

describe('decideScale, whatever it finds', () => {
  const state = fc.constantFrom('up', 'joining', 'suspect', 'leaving', 'down', 'removed')
  const anyClaim = fc.record({ there: fc.boolean(), terminating: fc.boolean(), leaving: fc.boolean() })
  const anyFacts = fc
    .record({
      desired: fc.integer({ min: 1, max: 9 }),
      replicas: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      claims: fc.array(anyClaim, { maxLength: 9 }),
      pods: fc.subarray(ordinals(9)),
      states: fc.option(fc.array(fc.record({ state, voter: fc.boolean() }), { maxLength: 9 }), {
        nil: undefined,
      }),
      told: fc.integer({ min: 0, max: 9 }),
      epoch: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ claims: found, states, told, epoch, ...rest }) => ({
      ...rest,
      cluster: 'chat',
      claims: found.flatMap(({ there, ...each }, ordinal) => (there ? [claim(ordinal, each)] : [])),
      view:
        states &&
        view(
          states.map((each, ordinal) => entry(ordinal, each)),
          told,
          { epoch },
        ),
    }))

  it('touches nothing of a server that votes, or of which nobody knows whether it does', () => {
    fc.assert(
      fc.property(anyFacts, (found) => {
        const decision = decideScale(found)
        const touched = [
          ...ordinals(found.replicas ?? 0).filter((ordinal) => ordinal >= decision.replicas),
          ...names(decision.remove),
        ]
        for (const ordinal of touched) {
          expect(found.view?.epoch ?? 0).toBeGreaterThan(0)
          expect(found.view?.servers[ordinal]?.voter ?? false).toBe(false)
          expect(found.view?.report.wanted).not.toContain(`chat-server-${ordinal}`)
          expect(ordinal).toBeGreaterThanOrEqual(decision.wanted)
        }
      }),
    )
  })

  it('wants no more than asked for, has a pod for each that is wanted, and neither marks nor deletes a wanted one', () => {
    fc.assert(
      fc.property(anyFacts, (found) => {
        const { wanted, replicas, mark, remove, unmark } = decideScale(found)
        expect(wanted).toBeLessThanOrEqual(found.desired)
        expect(replicas).toBeGreaterThanOrEqual(wanted)
        for (const ordinal of names([...mark, ...remove])) expect(ordinal).toBeGreaterThanOrEqual(wanted)
        for (const ordinal of names(unmark)) expect(ordinal).toBeLessThan(wanted)
      }),
    )
  })
})
