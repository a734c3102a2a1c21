import { describe, expect, it } from 'vitest'
import type { Barrier } from '../../../src/replication/barrier.ts'
import { Peer } from '../../../src/replication/peer.ts'
import { Questions } from '../../../src/replication/questions.ts'
import { Voting } from '../../../src/replication/voting.ts'

/** Server `a`, whose disk holds the first operation of a stream; it asks `b` and `c`. */
function setUp() {
  const voting = new Voting({ epoch: 1, names: ['a', 'b', 'c'] })
  const here = new Map([['b/1', 1]])
  const met = (barrier: Barrier): boolean => barrier.met(voting, 'a', true, here)
  const questions = new Questions({ met, ask: () => {} })
  const b = new Peer('b', '', 1, new Map())
  Object.assign(b, { incarnation: 1, state: 'up' })
  const answer = (seq: number): void => {
    b.answers = questions.number
    b.durable.set('b/1', seq)
    questions.offer(b)
    questions.check()
  }
  return { voting, questions, here, answer }
}

describe('Questions', () => {
  it('calls back once this disk holds what a majority had when asked', () => {
    const { questions, here, answer } = setUp()
    let done = 0
    questions.afterBarrier(() => done++)
    answer(2)
    expect(done).toBe(0)
    here.set('b/1', 2)
    questions.check()
    expect(done).toBe(1)
  })

  it('asks anew when the list of voters changes: what was said before is not what a majority of the new one has', () => {
    const { voting, questions, answer } = setUp()
    let done = 0
    questions.afterBarrier(() => done++)
    const { number } = questions
    voting.adopt({ epoch: 2, names: ['a', 'b', 'c', 'd'] })
    answer(1)
    expect(done).toBe(0)

    voting.adopt({ epoch: 3, names: ['a', 'b'] })
    questions.restart()
    expect(questions.number).toBeGreaterThan(number)
    questions.check()
    expect(done).toBe(0)
    answer(1)
    expect(done).toBe(1)
  })
})
