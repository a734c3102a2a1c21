import { describe, expect, it } from 'vitest'
import { Peer } from '../../../src/replication/peer.ts'
import type { Head, WholeHead } from '../../../src/wire/index.ts'

const ME = { name: 'me', incarnation: 7 }

function head(whole: Partial<WholeHead>): Head {
  return {
    kind: 'head',
    cluster: 'c',
    from: 'other',
    incarnation: 1,
    clock: 1,
    timestamp: 1,
    number: 1,
    epoch: 1,
    state: 'up',
    promise: 1,
    durable: {},
    whole: {
      address: '',
      rank: 1,
      intact: true,
      coordinator: '',
      voters: { epoch: 1, names: ['me', 'other'] },
      heard: {},
      counted: {},
      answers: 0,
      asks: 0,
      owed: {},
      ...whole,
    },
  }
}

describe('Peer', () => {
  it('answers a question of this life', () => {
    const peer = new Peer('other', '', 1, new Map())
    peer.receive(head({ heard: { me: 7 }, answers: 1 }), 0, new Map(), ME)
    expect(peer.answers).toBe(1)
  })

  it('answers no question with what it said to a former life, whose questions had the same numbers', () => {
    const peer = new Peer('other', '', 1, new Map())
    peer.receive(head({ heard: { me: 6 }, answers: 1 }), 0, new Map(), ME)
    expect(peer.answers).toBe(0)
  })
})
