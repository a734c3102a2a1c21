import { expect, it } from 'vitest'
import { BoundedWarnings, WarningsByReason } from '../../src/ports/index.ts'
import { quietLog, quietTimers } from '../support/quiet.ts'

it('BoundedWarnings tells ten lines in a second and the rest as a number, and then begins anew', () => {
  const lines: unknown[] = []
  const due: (() => void)[] = []
  const log = { ...quietLog, warn: (fields: object, message: string) => lines.push({ ...fields, message }) }
  const timers = {
    ...quietTimers,
    after: (_: number, action: () => void) => {
      due.push(action)
      return () => {}
    },
  }
  const warnings = new BoundedWarnings({ log, timers }, { audit: 'denied' }, 'More')
  const flood = (count: number): void => {
    for (let number = 0; number < count; number++) warnings.warn({ number }, 'One')
  }
  flood(25)

  expect(lines).toEqual(
    Array.from({ length: 10 }, (_, number) => ({ audit: 'denied', number, message: 'One' })),
  )
  due.shift()?.()
  expect(lines.slice(10)).toEqual([{ audit: 'denied', more: 15, message: 'More' }])
  flood(2)
  due.shift()?.()
  expect(lines.slice(11)).toEqual([0, 1].map((number) => ({ audit: 'denied', number, message: 'One' })))
  expect(due).toEqual([])
})

it('WarningsByReason tells of each reason, whatever flood there is for another', () => {
  const lines: unknown[] = []
  const log = { ...quietLog, warn: (fields: object, message: string) => lines.push({ ...fields, message }) }
  const warnings = new WarningsByReason({ log, timers: quietTimers }, { audit: 'denied' }, 'More')
  for (let number = 0; number < 25; number++) warnings.warn('no_token', {}, 'One')
  warnings.warn('limit', { user: 'ana' }, 'Another')

  expect(lines).toHaveLength(11)
  expect(lines.at(-1)).toEqual({ audit: 'denied', reason: 'limit', user: 'ana', message: 'Another' })
})
