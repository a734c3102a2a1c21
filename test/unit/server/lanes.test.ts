import { describe, expect, it } from 'vitest'
import { Breath, Lanes, type Task } from '../../../src/server/lanes.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

function setUp() {
  const lanes = new Lanes()
  const ran: string[] = []
  const run = (lane: string, name: string, atOnce: boolean): { release: () => void } => {
    const task: Task & { released: boolean } = {
      released: false,
      begin() {
        ran.push(name)
        if (atOnce) release()
      },
    }
    const release = (): void => {
      task.released = true
      lanes.released(lane, task)
    }
    lanes.run(lane, task)
    return { release }
  }
  const world = new VirtualTime()
  const breathe = (lane: string): void =>
    lanes.run(lane, new Breath(lanes, lane, world.process(), () => ran.push('on')))
  return { ran, run, breathe, world }
}

describe('Lanes', () => {
  it('runs a task at once when nothing is before it', () => {
    const { ran, run } = setUp()
    run('one', 'a', true)
    expect(ran).toEqual(['a'])
  })

  it('holds back what is behind a task that has not released its lane, and no other lane', () => {
    const { ran, run } = setUp()
    const first = run('one', 'a', false)
    run('one', 'b', true)
    run('two', 'c', true)
    expect(ran).toEqual(['a', 'c'])
    first.release()
    expect(ran).toEqual(['a', 'c', 'b'])
  })

  it('keeps the order when one of the waiting holds the lane again', () => {
    const { ran, run } = setUp()
    const [first, , third] = [false, true, false, true].map((atOnce, at) => run('one', `${at}`, atOnce))
    expect(ran).toEqual(['0'])
    first?.release()
    expect(ran).toEqual(['0', '1', '2'])
    third?.release()
    expect(ran).toEqual(['0', '1', '2', '3'])
  })

  it('lets other lanes go on while one takes a breath', () => {
    const { ran, run, breathe, world } = setUp()
    run('one', 'a', true)
    breathe('one')
    run('one', 'b', true)
    breathe('one')
    run('one', 'c', true)
    run('two', 'd', true)
    expect(ran).toEqual(['a', 'd'])
    world.run(0)
    expect(ran).toEqual(['a', 'd', 'on', 'b', 'on', 'c'])
  })

  it('takes a second release of the same task for nothing', () => {
    const { ran, run } = setUp()
    const first = run('one', 'a', false)
    run('one', 'b', false)
    run('one', 'c', false)
    first.release()
    first.release()
    expect(ran).toEqual(['a', 'b'])
  })

  it('is free again once all on it have been released', () => {
    const { ran, run } = setUp()
    run('one', 'a', false).release()
    run('one', 'b', true)
    expect(ran).toEqual(['a', 'b'])
  })
})
