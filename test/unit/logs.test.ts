import { expect, it } from 'vitest'
import { createLog } from '../../src/adapters/logs.ts'

function capture(level: string) {
  const lines: Record<string, unknown>[] = []
  const log = createLog({
    level,
    format: 'json',
    fields: { role: 'server', name: 'a' },
    destination: { write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
  })
  return { lines, log }
}

it('log writes one object with time, level, role, name, fields and message when called', () => {
  const { lines, log } = capture('info')

  log.child({ part: 'x' }).warn({ wait_ms: 5 }, 'Waited')

  expect(lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/Z$/),
      role: 'server',
      name: 'a',
      part: 'x',
      wait_ms: 5,
      message: 'Waited',
    },
  ])
})

it('log leaves out what is below its level, and says so before', () => {
  const { lines, log } = capture('info')

  log.debug({}, 'Hidden')

  expect([lines, log.enabled('debug'), capture('debug').log.enabled('debug')]).toEqual([[], false, true])
})

it('log writes an error with its stack when it is in the field err', () => {
  const { lines, log } = capture('info')

  log.error({ err: new Error('broken') }, 'Failed')

  expect(lines[0]).toMatchObject({ err: { message: 'broken', stack: expect.stringContaining('logs.test') } })
})
