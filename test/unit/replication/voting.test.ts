import { describe, expect, it } from 'vitest'
import { Quorum } from '../../../src/replication/quorum.ts'
import { Voting } from '../../../src/replication/voting.ts'

const three = { epoch: 1, names: ['a', 'b', 'c'] }

describe('Voting', () => {
  it('finds no majority while there is no list', () => {
    expect(new Voting({ epoch: 0, names: [] }).isMajority(['a', 'b', 'c'])).toBe(false)
  })

  it('counts only voters, each once', () => {
    const voting = new Voting(three)
    expect(voting.isMajority(['a', 'a', 'd', 'e'])).toBe(false)
    expect(voting.isMajority(['a', 'b'])).toBe(true)
  })

  it('wants a majority of both lists while one shall follow', () => {
    const voting = new Voting({ ...three, next: ['a', 'b'] })
    expect(voting.isMajority(['a', 'c'])).toBe(false)
    expect(voting.isMajority(['a', 'b'])).toBe(true)
    const growing = new Voting({ ...three, next: ['a', 'b', 'c', 'd'] })
    expect(growing.isMajority(['a', 'b'])).toBe(false)
    expect(growing.isMajority(['a', 'b', 'd'])).toBe(true)
    expect(growing.everyone).toEqual(['a', 'b', 'c', 'd'])
  })

  it('takes a list of several for one to rise by, and none never', () => {
    expect(new Voting(three, 1000).isNewest(0)).toBe(true)
    expect(new Voting({ epoch: 1, names: ['a'], next: ['a', 'b'] }, 1000).isNewest(0)).toBe(true)
    expect(new Voting({ epoch: 0, names: [] }, 1000).isNewest(2000)).toBe(false)
  })

  it('takes a list of one for such once ref told of no newer, or after a while without a word of ref', () => {
    const alone = { epoch: 4, names: ['a'] }
    const voting = new Voting(alone, 1000)
    expect(voting.isNewest(999)).toBe(false)
    expect(voting.isNewest(1000)).toBe(true)
    voting.told({ epoch: 3, names: ['a'] })
    expect(voting.isNewest(0)).toBe(true)
    voting.told({ epoch: 5, names: ['a', 'b'] })
    expect(voting.isNewest(2000)).toBe(false)
    voting.adopt({ epoch: 5, names: ['b'] })
    expect(voting.isNewest(0)).toBe(true)
  })

  it('never goes back to a list of a lower epoch', () => {
    const voting = new Voting({ epoch: 2, names: ['a'] })
    voting.adopt(three)
    expect(voting.names).toEqual(['a'])
  })
})

describe('Quorum', () => {
  const durable = (seq: number): Map<string, number> => new Map([['a/1', seq]])

  it('commits what a majority of the voters has on disk', () => {
    const counting = [
      { name: 'a', durable: durable(9) },
      { name: 'b', durable: durable(5) },
      { name: 'c', durable: durable(2) },
    ]
    const quorum = new Quorum(new Voting(three), () => counting)
    expect(quorum.update(['a/1'])).toEqual(durable(5))
    expect(quorum.committed.get('a/1')).toBe(5)
    expect(quorum.everywhere('a/1')).toBe(2)
  })

  it('does not count a voter that is being taken off for those who stay', () => {
    const counting = [
      { name: 'a', durable: durable(9) },
      { name: 'b', durable: durable(5) },
      { name: 'c', durable: durable(9) },
    ]
    const quorum = new Quorum(new Voting({ ...three, next: ['a', 'b'] }), () => counting)
    expect(quorum.update(['a/1'])).toEqual(durable(5))
    expect(quorum.everywhere('a/1')).toBe(5)
  })

  it('commits nothing while those that count are no majority', () => {
    const quorum = new Quorum(new Voting(three), () => [{ name: 'a', durable: durable(9) }])
    expect(quorum.update(['a/1']).size).toBe(0)
    expect(quorum.everywhere('a/1')).toBe(0)
  })

  it('does not count a server that is no voter', () => {
    const quorum = new Quorum(new Voting(three), () => [
      { name: 'a', durable: durable(9) },
      { name: 'z', durable: durable(9) },
    ])
    expect(quorum.update(['a/1']).size).toBe(0)
  })

  it('keeps what was committed when a voter falls away', () => {
    let counting = [
      { name: 'a', durable: durable(9) },
      { name: 'b', durable: durable(9) },
    ]
    const quorum = new Quorum(new Voting(three), () => counting)
    quorum.update(['a/1'])
    counting = [{ name: 'a', durable: durable(9) }]
    quorum.update(['a/1'])
    expect(quorum.committed.get('a/1')).toBe(9)
  })
})
