import { describe, expect, it } from 'vitest'
import { Ids } from '../../src/client/ids.ts'

describe('Ids', () => {
  it('knows an id of one user when another has the same', () => {
    const ids = new Ids()
    const first = ['ana', 'bob', 'eve'].map((user) => ids.isNew(user, 'same'))
    const again = ['ana', 'bob', 'eve'].map((user) => ids.isNew(user, 'same'))

    expect(first).toEqual([true, true, true])
    expect(again).toEqual([false, false, false])
  })

  it('knows the last 32,768 at least, and not all when there are ever more', () => {
    const ids = new Ids()
    const number = 80_000
    for (let at = 0; at < number; at++) ids.isNew('ana', `id-${at}`)
    const last = Array.from({ length: 32_768 }, (_, at) => ids.isNew('ana', `id-${number - 1 - at}`))

    expect(last.filter(Boolean)).toEqual([])
    expect(ids.isNew('ana', 'id-0')).toBe(true)
  })
})
