import { describe, expect, it, vi } from 'vitest'
import { IdTable } from '../../../src/store/id-table.ts'
import { IdWindow } from '../../../src/store/id-window.ts'
import { type BatchWithIds, Ids } from '../../../src/store/ids.ts'
import { ID_WINDOW } from '../../../src/wire/index.ts'
import { grownBy } from '../../support/collect.ts'

/** Ids of operations that stand in the order in which they are made; places count from 1. */
function setUp() {
  const said: { user: string; id: string }[] = []
  const ids = new Ids({
    seed: 4711,
    isOf: (place, user, id) => {
      const operation = said[place - 1]
      return operation?.user === user && operation.id === Buffer.from(id).toString()
    },
    compare: (a, b) => a - b,
  })
  /** As if each operation stood in a batch of its own. */
  const batchAt = (place: number): BatchWithIds => {
    const { user, id } = said[place - 1] as { user: string; id: string }
    const bytes = Buffer.from(id)
    return {
      count: 1,
      users: [user],
      userIndexAt: () => 0,
      ids: bytes,
      note: undefined,
      idStart: (index) => index * bytes.byteLength,
    }
  }
  const addAt = (place: number): number => {
    ids.add(ids.of(batchAt(place)), 0, place)
    return place
  }
  const add = (user: string, id: string): number => addAt(said.push({ user, id }))
  const finalise = (place: number): boolean => ids.finalise(ids.of(batchAt(place)), 0, place)
  return { ids, said, addAt, add, finalise }
}

/** A batch with these ids, its users in turn. */
function batchOf(texts: readonly string[]): BatchWithIds {
  const starts = [0]
  for (const text of texts) starts.push((starts.at(-1) as number) + text.length)
  return {
    count: texts.length,
    users: USERS,
    userIndexAt: (index) => index % USERS.length,
    ids: Buffer.from(texts.join('')),
    note: undefined,
    idStart: (index) => starts[index] as number,
  }
}

const USERS = ['ana', 'bob', 'eve', 'joão', 'li', 'max', 'zoe']
const MANY = 100_000

function slotsOf(table: IdTable): number {
  return table.home(2 ** 32 - 1) + 1
}

describe('Ids', () => {
  it('finds each of the ids of two long batches in turn, wherever in them it begins, in tables made anew meanwhile', () => {
    const texts = Array.from({ length: MANY }, (_, index) => `id-${index * 7}`)
    const half = MANY / 2
    const isOf = (place: number, _: string, id: Uint8Array): boolean =>
      texts[place - 1] === Buffer.from(id).toString()
    const ids = new Ids({ seed: 4711, isOf, compare: (a, b) => a - b })
    const [one, other] = [ids.of(batchOf(texts.slice(0, half))), ids.of(batchOf(texts.slice(half)))]
    const addBoth = (from: number): void => {
      for (let index = from; index < half; index++) {
        ids.add(one, index, index + 1)
        ids.add(other, index, half + index + 1)
      }
    }
    addBoth(1000)
    addBoth(0)

    const found = texts.map((text, index) => ids.find(USERS[(index % half) % USERS.length] as string, text))
    expect(found).toEqual(texts.map((_, index) => index + 1))
    const leftOut = texts.filter((_, index) =>
      index < half ? ids.finalise(one, index, index + 1) : ids.finalise(other, index - half, index + 1),
    )
    expect(leftOut).toEqual([])
  })

  it('finds each of many ids that are not final, and none of another user', () => {
    const { ids, said, add } = setUp()
    for (let at = 0; at < MANY; at++) add(USERS[at % USERS.length] as string, `id-${at}`)

    const wrong = said.filter(({ user, id }, index) => ids.find(user, id) !== index + 1)
    const others = said.filter(
      ({ id }, index) => ids.find(USERS[(index + 1) % USERS.length] as string, id) !== undefined,
    )
    expect(wrong).toEqual([])
    expect(others).toEqual([])
  })

  it('finds the first in the order of several operations with one id, in whichever order they come', () => {
    const { ids, said, addAt, finalise } = setUp()
    said.push({ user: 'ana', id: 'same' }, { user: 'ana', id: 'same' })
    addAt(2)
    expect(ids.find('ana', 'same')).toBe(2)
    addAt(1)
    expect(ids.find('ana', 'same')).toBe(1)

    finalise(1)
    expect(finalise(2)).toBe(true)
    expect(ids.find('ana', 'same')).toBe(1)
  })

  it('finds the next operation with an id once the first is behind the window, in tables made anew too', () => {
    const { ids, add, finalise } = setUp()
    finalise(add('ana', 'same'))
    const second = add('ana', 'same')
    for (let at = 0; at < ID_WINDOW; at++) finalise(add('ana', `id-${at}`))
    expect(ids.find('ana', 'same')).toBe(second)

    for (let at = 0; at < MANY; at++) add('bob', `id-${at}`)
    expect(ids.find('ana', 'same')).toBe(second)
    expect(finalise(second)).toBe(false)
    expect(ids.find('ana', 'same')).toBe(second)
  })

  it('leaves out what the rule leaves out when ids come again within and behind the window', () => {
    const { add, finalise } = setUp()
    const windows = new Map(USERS.map((user) => [user, new IdWindow()]))
    let [wrong, leftOut] = [0, 0]
    for (let at = 0; at < MANY; at++) {
      const user = USERS[at % 3] as string
      // Some ids come again soon, some just within the window, some just behind it.
      const back = at % 11 === 0 ? 3 * ID_WINDOW + (at % 7) - 3 : at % 13 === 0 ? 30 : 0
      const id = `id-${Math.max(at - back, at % 3)}`
      const expected = windows.get(user)?.push(id) === true
      if (finalise(add(user, id)) !== expected) wrong++
      if (expected) leftOut++
    }
    expect(wrong).toBe(0)
    expect(leftOut).toBeGreaterThan(1000)
  })

  it('gives back what ids behind their windows took, once what was added at once is final, and still knows the others', () => {
    const { ids, add, finalise } = setUp()
    const windows = new Map(USERS.map((user) => [user, new IdWindow()]))
    const texts = Array.from({ length: MANY }, (_, at) => `id-${at % 17 === 0 ? Math.max(0, at - 4000) : at}`)
    const places = texts.map((text) => add('ana', text))
    const renew = vi.spyOn(IdTable.prototype, 'renew')
    let wrong = 0
    for (const [at, place] of places.entries()) {
      if (finalise(place) !== windows.get('ana')?.push(texts[at] as string)) wrong++
      if (at % 100 === 0) ids.tidy()
    }
    expect(wrong).toBe(0)
    for (let look = 0; look < 64; look++) ids.tidy()

    const renewed = new Set(renew.mock.contexts as IdTable[])
    expect(renewed.size).toBe(64)
    for (const table of renewed) expect(slotsOf(table)).toBeLessThan(1100)
    vi.restoreAllMocks()
    const known = texts.slice(-ID_WINDOW)
    expect(known.filter((text) => ids.find('ana', text) === undefined)).toEqual([])
    expect(ids.find('ana', texts.at(-2 * ID_WINDOW) as string)).toBeUndefined()
  })

  it('forgets an id that is behind the window of its user', () => {
    const { ids, add, finalise } = setUp()
    finalise(add('ana', 'old'))
    for (let at = 0; at < ID_WINDOW - 1; at++) finalise(add('ana', `id-${at}`))
    expect(ids.find('ana', 'old')).toBe(1)

    finalise(add('ana', 'one more'))
    expect(ids.find('ana', 'old')).toBeUndefined()
  })

  it('tells anew what is final after a restart', () => {
    const { ids, said, add, finalise } = setUp()
    for (let at = 0; at < 1000; at++) finalise(add('ana', `id-${at}`))
    ids.restart()

    expect(said.map((_, index) => finalise(index + 1)).includes(true)).toBe(false)
  })

  it('lets batches that pass through be collected with the young generation', () => {
    const ids = new Ids({ seed: 4711, isOf: () => true, compare: (a, b) => a - b })
    const passing = (number: number): void => {
      const texts = Array.from({ length: 8 }, (_, index) => `id-${number}-${index}`)
      const batch = { ...batchOf(texts), lines: Array.from({ length: 50 }, () => number) }
      for (let index = 0; index < texts.length; index++) {
        const place = number * texts.length + index + 1
        ids.add(ids.of(batch), index, place)
        ids.finalise(ids.of(batch), index, place)
      }
    }
    for (let number = 0; number < 1000; number++) passing(number)

    expect(grownBy(20_000, (number) => passing(1000 + number))).toBeLessThan(4)
  })
})
