import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { watchLoop } from '../../src/adapters/loop.ts'
import { systemTimers } from '../../src/adapters/time.ts'
import { until } from '../support/load.ts'

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end) {
    // Nothing else has a turn.
  }
}

describe('systemTimers', () => {
  it('calls back what is due together in one turn, whenever it was begun', async () => {
    const turns: string[][] = []
    const note = (what: string) => () => {
      if (turns.at(-1)?.includes('end') !== false) {
        turns.push([])
        setImmediate(() => turns.at(-1)?.push('end'))
      }
      turns.at(-1)?.push(what)
    }
    const cancels = [systemTimers.every(40, note('short'))]
    await delay(13)
    cancels.push(systemTimers.every(80, note('long')))

    await until(10_000, async () => turns.filter((turn) => turn.includes('long')).length >= 5)
    for (const cancel of cancels) cancel()

    for (const turn of turns.filter((each) => each.includes('long'))) expect(turn).toContain('short')
    expect(turns.some((turn) => !turn.includes('long'))).toBe(true)
  })

  it('leaves out the calls that a stall made miss, and calls nobody who has cancelled', async () => {
    let calls = 0
    const cancel = systemTimers.every(10, () => calls++)
    await until(10_000, async () => calls > 0)
    block(100)
    const before = calls
    await delay(0)
    await new Promise(setImmediate)
    expect(calls - before).toBeLessThanOrEqual(3)
    cancel()
    const after = calls
    await delay(50)
    expect(calls).toBe(after)
  })

  it('has Node warn of nothing when a call takes longer than its period', async () => {
    const warnings: string[] = []
    const warned = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', warned)
    let calls = 0
    const others = systemTimers.every(10, () => {})
    const cancel = systemTimers.every(10, () => {
      block(30)
      calls++
    })
    await until(10_000, async () => calls >= 3)
    cancel()
    others()
    process.off('warning', warned)

    expect(warnings).toEqual([])
  })

  it('goes on calling who begins anew in a turn, whether others are left or not', async () => {
    let calls = 0
    let cancel = (): void => {}
    const begin = (): void => {
      cancel()
      cancel = systemTimers.every(calls % 2 === 0 ? 10 : 20, () => {
        calls++
        begin()
      })
    }
    begin()
    await until(10_000, async () => calls >= 5)
    let others = 0
    const end = systemTimers.every(20, () => others++)
    const before = calls
    await until(10_000, async () => calls >= before + 5)
    cancel()
    const [after, othersThen] = [calls, others]
    await until(10_000, async () => others >= othersThen + 3)
    end()

    expect(calls).toBe(after)
  })

  it('calls the others when one cancels another whose turn it is too', async () => {
    const called: string[] = []
    const first = systemTimers.every(20, () => {
      called.push('first')
      second()
    })
    const second = systemTimers.every(20, () => called.push('second'))
    const third = systemTimers.every(20, () => called.push('third'))

    await until(10_000, async () => called.includes('third'))
    first()
    third()

    expect(called.slice(0, 2)).toEqual(['first', 'third'])
    expect(called).not.toContain('second')
  })
})

describe('watchLoop', () => {
  it('tells how long turns take', async () => {
    const watch = watchLoop()
    expect(watch.lateMs()).toBe(0)
    let isBusy = true
    const work = (): void => {
      block(30)
      if (isBusy) setImmediate(work)
    }
    work()
    await until(10_000, async () => watch.lateMs() >= 25)
    isBusy = false
    watch.stop()
  })
})
