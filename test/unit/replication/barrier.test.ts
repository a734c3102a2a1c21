import { describe, expect, it } from 'vitest'
import { Barrier } from '../../../src/replication/barrier.ts'
import { Peer } from '../../../src/replication/peer.ts'
import { Voting } from '../../../src/replication/voting.ts'

const voting = new Voting({ epoch: 1, names: ['a', 'b', 'c'] })

function peer(
  name: string,
  options: { answers: number; seq: number; joining?: boolean; intact?: boolean },
): Peer {
  const made = new Peer(name, '', 1, new Map())
  made.incarnation = 1
  made.answers = options.answers
  made.state = options.joining === true ? 'joining' : 'up'
  made.intact = options.intact ?? true
  made.durable.set('x/1', options.seq)
  return made
}

/** Asked by a server that has asked once. */
function askAgain(): () => number {
  let number = 1
  return () => ++number
}

const here = (seq: number): Map<string, number> => new Map([['x/1', seq]])

describe('Barrier', () => {
  it('is met when a majority has answered and this disk holds what they had', () => {
    const barrier = new Barrier(1, { joiningCount: false, askAgain: askAgain() })
    barrier.offer(peer('b', { answers: 1, seq: 5 }))
    expect(barrier.met(voting, 'a', true, here(4))).toBe(false)
    expect(barrier.missing(here(4))).toBe(1)
    expect(barrier.met(voting, 'a', true, here(5))).toBe(true)
  })

  it('does not wait for what others had beside a majority: a server that is no voter, or a voter that went away', () => {
    const barrier = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    barrier.offer(peer('b', { answers: 1, seq: 5 }))
    barrier.offer(peer('c', { answers: 1, seq: 4 }))
    barrier.offer(peer('removed', { answers: 1, seq: 6 }))

    expect(barrier.met(voting, 'a', true, here(3))).toBe(false)
    expect(barrier.met(voting, 'a', true, here(4))).toBe(true)
    expect(barrier.met(voting, 'a', false, here(4))).toBe(false)
    expect(barrier.met(voting, 'a', false, here(5))).toBe(true)
  })

  it('waits no longer for what a peer had that has since started anew without it', () => {
    const barrier = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    const b = peer('b', { answers: 1, seq: 5 })
    barrier.offer(b)
    expect(barrier.met(voting, 'a', true, here(3))).toBe(false)
    Object.assign(b, { incarnation: 2, answers: 0 })
    b.durable.set('x/1', 3)
    barrier.offer(b)
    expect(barrier.met(voting, 'a', true, here(3))).toBe(false)
    b.answers = 1
    barrier.offer(b)
    expect(barrier.met(voting, 'a', true, here(3))).toBe(true)
  })

  it('takes no answer to an earlier question', () => {
    const barrier = new Barrier(2, { joiningCount: false, askAgain: askAgain() })
    barrier.offer(peer('b', { answers: 1, seq: 0 }))
    expect(barrier.met(voting, 'a', true, here(0))).toBe(false)
  })

  it('does not count the asker whose own disk is not intact', () => {
    const barrier = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    barrier.offer(peer('b', { answers: 1, seq: 0 }))
    expect(barrier.met(voting, 'a', false, here(0))).toBe(false)
    barrier.offer(peer('c', { answers: 1, seq: 0 }))
    expect(barrier.met(voting, 'a', false, here(0))).toBe(true)
  })

  it('counts intact joining servers for catching up, and not to vouch for an unknown name', () => {
    const catching = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    const vouching = new Barrier(1, { joiningCount: false, askAgain: askAgain() })
    for (const barrier of [catching, vouching]) {
      barrier.offer(peer('b', { answers: 1, seq: 3, joining: true }))
    }
    expect(catching.met(voting, 'a', true, here(3))).toBe(true)
    expect(vouching.met(voting, 'a', true, here(3))).toBe(false)
  })

  it('does not count a joining server that lacks what it once called durable', () => {
    const barrier = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    const emptied = new Peer('b', '', 1, new Map([['x/1', 7]]))
    Object.assign(emptied, { incarnation: 2, answers: 1, intact: true, state: 'joining' })
    barrier.offer(emptied)
    expect(barrier.met(voting, 'a', true, here(0))).toBe(false)
  })

  it('is met at a founding, when all voters have answered though no disk is intact yet', () => {
    const barrier = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    const lost = { seq: 0, joining: true, intact: false }
    barrier.offer(peer('b', { ...lost, answers: 2 }))
    expect(barrier.met(voting, 'a', false, here(0))).toBe(false)
    for (const name of ['b', 'c']) barrier.offer(peer(name, { ...lost, answers: 2 }))
    expect(barrier.met(voting, 'a', false, here(0))).toBe(false)
    for (const name of ['b', 'c']) barrier.offer(peer(name, { ...lost, answers: 3 }))
    expect(barrier.met(voting, 'a', false, here(0))).toBe(true)
  })

  it('does not put together what one had before it got all from another, and the other when that had lost it', () => {
    const barrier = new Barrier(1, { joiningCount: true, askAgain: askAgain() })
    const lost = { joining: true, intact: false }
    const [b, c] = [peer('b', { answers: 0, seq: 0, ...lost }), peer('c', { answers: 0, seq: 5 })]
    for (const each of [b, c]) barrier.offer(each)
    b.answers = 3
    barrier.offer(b)
    // Now b gets it from c.
    Object.assign(c, { incarnation: 2, answers: 3, state: 'joining', intact: false })
    c.durable.set('x/1', 0)
    barrier.offer(c)
    expect(barrier.met(voting, 'a', true, here(0))).toBe(false)
    c.answers = 4
    barrier.offer(c)
    expect(barrier.met(voting, 'a', true, here(0))).toBe(false)
    b.answers = 4
    b.durable.set('x/1', 5)
    barrier.offer(b)
    expect(barrier.met(voting, 'a', true, here(0))).toBe(false)
    expect(barrier.met(voting, 'a', true, here(5))).toBe(true)
  })
})
