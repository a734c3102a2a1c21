import { describe, expect, it } from 'vitest'
import { Finality } from '../../../src/replication/finality.ts'
import { Listening } from '../../../src/replication/listening.ts'
import { Peer } from '../../../src/replication/peer.ts'
import { Questions } from '../../../src/replication/questions.ts'
import { Voting } from '../../../src/replication/voting.ts'

const TIMEOUT_MS = 3000

/** Server `a` of three, which hears nobody yet; all that others hold is here. */
function finalityOfA() {
  const names = ['a', 'b', 'c']
  const peers = new Map(names.slice(1).map((name) => [name, new Peer(name, '', 1, new Map())]))
  const state = { now: 0, final: 0, counted: [] as Peer[] }
  const voting = new Voting({ epoch: 1, names })
  const questions = new Questions({ met: () => false, ask: () => void finality.sayAlone() })
  const listening = new Listening({
    self: 'a',
    time: { monotonic: () => state.now, wall: () => state.now },
    heartbeatTimeoutMs: TIMEOUT_MS,
    voting,
    peers: { get: (name) => peers.get(name), all: () => peers.values() },
    incarnation: () => 1,
  })
  const finality = new Finality({
    self: 'a',
    store: {
      get finalClock() {
        return state.final
      },
      finalise: (clock) => {
        state.final = clock
      },
    },
    voting,
    questions,
    listening,
    counted: () => state.counted,
    ownPromise: () => 50,
  })
  const [b, c] = [...peers.values()] as [Peer, Peer]
  return { finality, questions, state, b, c }
}

function promise(peer: Peer, clock: number): Peer {
  peer.promises.add(clock, [], new Map())
  return peer
}

describe('Finality', () => {
  it('says that it is alone while it counts no majority', () => {
    const { finality, state, b } = finalityOfA()
    expect(finality.sayAlone()).toBe(true)
    state.counted = [b]
    expect(finality.sayAlone()).toBe(false)
  })

  it('makes final what a majority has promised once all have answered', () => {
    const { finality, state, b } = finalityOfA()
    state.counted = [promise(b, 40)]
    finality.advance()
    expect(state.final).toBe(40)
  })

  it('makes nothing final after it said that it was alone, until all have answered anew', () => {
    const { finality, questions, state, b, c } = finalityOfA()
    finality.sayAlone()
    state.counted = [promise(b, 40)]
    finality.advance()
    expect(questions.number).toBe(1)
    b.answers = 1
    finality.advance()
    expect(state.final).toBe(0)
    c.answers = 1
    state.counted = [b, promise(c, 30)]
    finality.advance()
    expect([questions.number, state.final]).toEqual([1, 30])
  })

  it('waits for who does not answer anew no longer than a heartbeat timeout', () => {
    const { finality, state, b } = finalityOfA()
    state.now = 10_000
    finality.sayAlone()
    state.counted = [promise(b, 40)]
    finality.advance()
    state.now += TIMEOUT_MS - 1
    finality.advance()
    expect(state.final).toBe(0)
    state.now += 1
    finality.advance()
    expect(state.final).toBe(40)
  })

  it('asks once more when it was alone again meanwhile', () => {
    const { finality, questions, state, b, c } = finalityOfA()
    finality.sayAlone()
    state.counted = [promise(b, 40)]
    finality.advance()
    state.counted = []
    finality.sayAlone()
    b.answers = 1
    c.answers = 1
    state.counted = [b]
    finality.advance()
    expect([questions.number, state.final]).toEqual([2, 0])
  })
})
