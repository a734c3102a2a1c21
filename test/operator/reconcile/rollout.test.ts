import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RefView } from '../../../src/operator/membership/index.ts'
import type { PodFacts } from '../../../src/operator/reconcile/pods.ts'
import { decideRollout, type RolloutFacts } from '../../../src/operator/reconcile/rollout.ts'
import { NOW, pod } from '../support/pods.ts'
import { entries, entry, view } from '../support/views.ts'

type PodOptions = Parameters<typeof pod>[0]
const names = ['chat-server-0', 'chat-server-1', 'chat-server-2']
const three = (...options: PodOptions[]): PodFacts[] => {
  return names.map((name, ordinal) => pod({ name, revision: 'old', ...options[ordinal] }))
}
const facts = (rest: Partial<RolloutFacts> = {}): RolloutFacts => {
  return {
    pods: three(),
    wanted: names,
    leaving: [],
    revision: 'new',
    view: view(entries(3), 3),
    now: NOW,
    ...rest,
  }
}
const taken = (found: RolloutFacts): [string, string | undefined] => {
  const decision = decideRollout(found)
  return [decision.step, 'pod' in decision ? decision.pod.name : undefined]
}
const NEW = { revision: 'new' }
const BAD = { ready: false, age: 20, state: { waiting: { reason: 'ImagePullBackOff' } } }

describe('decideRollout', () => {
  it('is done when all are of the newest revision and up', () => {
    expect(decideRollout(facts({ pods: three(NEW, NEW, NEW) }))).toEqual({ step: 'done' })
  })

  it('takes the healthy of the highest rank first, and the coordinator last', () => {
    expect(taken(facts())).toEqual(['evict', 'chat-server-2'])
    expect(taken(facts({ view: view(entries(3), 3, { coordinator: 'chat-server-2' }) }))).toEqual([
      'evict',
      'chat-server-1',
    ])
    expect(taken(facts({ pods: three({}, NEW, NEW) }))).toEqual(['evict', 'chat-server-0'])
  })

  it('goes by ranks, not by ordinals', () => {
    const seen = view([entry(0, { rank: 3 }), entry(1, { rank: 9 }), entry(2, { rank: 4 })], 3)
    expect(taken(facts({ view: seen }))).toEqual(['evict', 'chat-server-1'])
  })

  it('replaces a broken pod of an old revision before anything else, whatever the others are at', () => {
    expect(taken(facts({ pods: three({}, BAD, { ready: false, age: 5 }), view: undefined }))).toEqual([
      'delete',
      'chat-server-1',
    ])
  })

  it('gives a running pod of an old revision a minute to become ready', () => {
    const unready = (unreadyFor: number): RolloutFacts =>
      facts({ pods: three({}, { ready: false, unreadyFor }) })
    expect(decideRollout(unready(20))).toMatchObject({ step: 'wait', againAfterMs: 40_000 })
    expect(taken(unready(60))).toEqual(['delete', 'chat-server-1'])
  })

  it('takes no healthy server while another component is being replaced, but a broken one at once', () => {
    const busy = 'chat-broker'
    expect(decideRollout(facts({ busy }))).toEqual({ step: 'wait', why: 'chat-broker is being replaced' })
    expect(taken(facts({ busy, pods: three({}, BAD) }))).toEqual(['delete', 'chat-server-1'])
    expect(decideRollout(facts({ busy, pods: three(NEW, NEW, NEW) }))).toEqual({ step: 'done' })
  })

  it('leaves a leaving server alone, though it is not ready and old', () => {
    const leaving = { wanted: names.slice(0, 2), leaving: [names[2] as string] }
    const found = facts({ ...leaving, pods: three(NEW, {}, { ready: false, unreadyFor: 600 }) })
    expect(decideRollout(found)).toMatchObject({ step: 'wait', why: 'chat-server-2 must be drained first' })
  })

  it.each<[string, RefView | undefined]>([
    ['no ref answers', undefined],
    ['ref does not know the servers', view(entries(3), 3, { epoch: 0 })],
    ['one is joining', view([entry(0), entry(1, { state: 'joining' }), entry(2)], 3)],
    ['one does not vote', view([entry(0), entry(1, { voter: false }), entry(2)], 3)],
    ['one is far behind', view([entry(0), entry(1, { lag: 60_000 }), entry(2)], 3)],
    ['ref has not heard of a pod', view(entries(3), 3, { report: { wanted: names, pods: [] } })],
  ])('takes no healthy server while %s', (_, seen) => {
    expect(decideRollout(facts({ view: seen }))).toMatchObject({ step: 'wait' })
  })

  it('takes no healthy server while another is being replaced or has no pod', () => {
    expect(decideRollout(facts({ pods: three({}, { due: 0 }) }))).toMatchObject({ step: 'wait' })
    expect(decideRollout(facts({ pods: three().slice(1) }))).toMatchObject({
      step: 'wait',
      why: 'chat-server-0 has no pod yet',
    })
  })

  it('stalls when the first of the newest revision is not ready in five minutes, and takes nobody else', () => {
    const stuck = (unreadyFor: number): RolloutFacts => {
      return facts({ pods: three({}, {}, { ...BAD, ...NEW, unreadyFor }) })
    }
    expect(decideRollout(stuck(100))).toMatchObject({ step: 'wait', againAfterMs: 200_000 })
    expect(taken(stuck(300))).toEqual(['stalled', 'chat-server-2'])
  })

  it('is repaired by the next template: what stalled is old and broken then', () => {
    const found = facts({ pods: three({}, {}, { ...BAD, revision: 'bad', unreadyFor: 600 }) })
    expect(taken(found)).toEqual(['delete', 'chat-server-2'])
  })

  it('restarts a server that had begun to leave and is wanted again', () => {
    const seen = view([entry(0), entry(1), entry(2, { state: 'leaving' })], 3)
    expect(taken(facts({ pods: three(NEW, NEW, { ...NEW, ready: false }), view: seen }))).toEqual([
      'delete',
      'chat-server-2',
    ])
  })

  it('waits for the StatefulSet’s controller', () => {
    expect(decideRollout(facts({ revision: undefined }))).toMatchObject({ step: 'wait' })
  })
})

describe('decideRollout, whatever it finds', () => {
  const anyPod = fc.record({
    revision: fc.constantFrom('old', 'new', 'other'),
    ready: fc.boolean(),
    unreadyFor: fc.integer({ min: 0, max: 900 }),
    state: fc.constantFrom<unknown>({ running: {} }, { waiting: { reason: 'CrashLoopBackOff' } }),
    terminating: fc.boolean(),
  })
  const anyEntry = fc.record({
    state: fc.constantFrom('up', 'joining', 'suspect', 'leaving', 'down', 'removed'),
    voter: fc.boolean(),
    lag: fc.integer({ min: 0, max: 100_000 }),
  })
  const anyFacts = fc
    .record({
      pods: fc.array(anyPod, { minLength: 1, maxLength: 5 }),
      states: fc.array(anyEntry, { minLength: 5, maxLength: 5 }),
      wanted: fc.integer({ min: 1, max: 5 }),
      coordinator: fc.integer({ min: 0, max: 5 }),
    })
    .map(({ pods, states, wanted, coordinator }): RolloutFacts => {
      const all = Array.from({ length: 5 }, (_, ordinal) => `chat-server-${ordinal}`)
      return {
        pods: pods.map(({ terminating, ...each }, ordinal) => {
          return pod({ ...each, name: all[ordinal] as string, ...(terminating && { due: 0 }) })
        }),
        wanted: all.slice(0, wanted),
        leaving: all.slice(wanted, pods.length),
        revision: 'new',
        view: view(
          states.map((each, ordinal) => entry(ordinal, each)),
          wanted,
          { coordinator: `chat-server-${coordinator}` },
        ),
        now: NOW,
      }
    })

  it('takes a healthy server only when every other one that is wanted is ready, up and voting', () => {
    fc.assert(
      fc.property(anyFacts, (found) => {
        const decision = decideRollout(found)
        if (decision.step !== 'evict') return
        for (const name of found.wanted) {
          expect(found.pods.find((each) => each.name === name)).toMatchObject({
            ready: true,
            terminating: false,
          })
          expect(found.view?.servers.find((each) => each.name === name)).toMatchObject({
            state: 'up',
            voter: true,
          })
        }
      }),
    )
  })

  it('evicts none of the newest revision, and deletes nothing that is ready, nor of the newest but what left', () => {
    fc.assert(
      fc.property(anyFacts, (found) => {
        const decision = decideRollout(found)
        const target = 'pod' in decision && decision.step !== 'stalled' ? decision.pod : undefined
        fc.pre(target !== undefined)
        const state = found.view?.servers.find(({ name }) => name === target.name)?.state
        const hasLeft = state === 'leaving' && !target.ready
        expect(target.revision !== 'new' || hasLeft).toBe(true)
        expect(target.ready).toBe(decision.step === 'evict')
      }),
    )
  })
})
