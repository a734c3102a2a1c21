import { describe, expect, it } from 'vitest'
import { Lanes } from '../../../src/server/lanes.ts'

describe('Lanes', () => {
  it('runs a task at once when nothing is before it', () => {
    const lanes = new Lanes()
    const ran: string[] = []
    lanes.run('one', (release) => {
      ran.push('a')
      release()
    })
    expect(ran).toEqual(['a'])
  })

  it('holds back what is behind a task that has not released its lane, and no other lane', () => {
    const lanes = new Lanes()
    const ran: string[] = []
    let releaseFirst = (): void => {}
    lanes.run('one', (release) => {
      ran.push('a')
      releaseFirst = release
    })
    lanes.run('one', (release) => {
      ran.push('b')
      release()
    })
    lanes.run('two', (release) => {
      ran.push('c')
      release()
    })
    expect(ran).toEqual(['a', 'c'])
    releaseFirst()
    expect(ran).toEqual(['a', 'c', 'b'])
  })

  it('keeps the order when one of the waiting holds the lane again', () => {
    const lanes = new Lanes()
    const ran: number[] = []
    const releases: (() => void)[] = []
    for (let i = 0; i < 4; i++) {
      lanes.run('one', (release) => {
        ran.push(i)
        if (i % 2 === 0) releases.push(release)
        else release()
      })
    }
    expect(ran).toEqual([0])
    releases[0]?.()
    expect(ran).toEqual([0, 1, 2])
    releases[1]?.()
    expect(ran).toEqual([0, 1, 2, 3])
  })

  it('takes a second release of the same task for nothing', () => {
    const lanes = new Lanes()
    const ran: string[] = []
    let first = (): void => {}
    lanes.run('one', (release) => {
      first = release
    })
    lanes.run('one', () => ran.push('b'))
    lanes.run('one', () => ran.push('c'))
    first()
    first()
    expect(ran).toEqual(['b'])
  })
})
