import { describe, expect, it } from 'vitest'
import { Promises } from '../../../src/replication/promises.ts'

describe('Promises', () => {
  it('makes a promise usable at once when all that its giver holds is on this disk', () => {
    const promises = new Promises()
    promises.add(10, [['a/1', 3]], new Map([['a/1', 3]]))
    expect(promises.usable).toBe(10)
  })

  it('holds a promise back until what its giver held is on this disk', () => {
    const promises = new Promises()
    promises.add(10, [['a/1', 3]], new Map())
    expect(promises.usable).toBe(0)
    promises.settle(new Map([['a/1', 2]]))
    expect(promises.usable).toBe(0)
    promises.settle(new Map([['a/1', 3]]))
    expect(promises.usable).toBe(10)
  })

  it('never uses a later promise before an earlier one whose operations are missing', () => {
    const promises = new Promises()
    promises.add(10, [['a/1', 3]], new Map())
    promises.add(20, [], new Map())
    expect(promises.usable).toBe(0)
    promises.settle(new Map([['a/1', 3]]))
    expect(promises.usable).toBe(20)
  })

  it('joins the newest promises when too many wait, and loses none', () => {
    const promises = new Promises()
    for (let seq = 1; seq <= 200; seq++) promises.add(seq, [['a/1', seq]], new Map())
    promises.settle(new Map([['a/1', 199]]))
    expect(promises.usable).toBe(63)
    promises.settle(new Map([['a/1', 200]]))
    expect(promises.usable).toBe(200)
  })

  it('forgets everything when its giver was replaced', () => {
    const promises = new Promises()
    promises.add(10, [], new Map())
    promises.reset()
    expect(promises.usable).toBe(0)
  })
})
