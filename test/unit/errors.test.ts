import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERRORS, isErrorCode, RecadoError } from '../../src/wire/index.ts'

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

describe('the catalogue of errors', () => {
  it.each([
    ['wire', '## In replies'],
    ['process', '## Of processes and commands'],
  ])('of the %s is what docs/errors.md has under "%s"', (where, heading) => {
    const section = PAGE.slice(PAGE.indexOf(heading)).split('\n## ')[0] ?? ''
    const rows = section.split('\n').filter((line) => line.startsWith('| `'))
    const wanted = Object.entries(ERRORS)
      .filter(([, entry]) => entry.where === where)
      .map(([code, { retryable, exit, meaning }]) =>
        ['', `\`${code}\``, retryable ? 'yes' : 'no', exit, meaning, ''].join(' | ').trim(),
      )

    expect(rows).toEqual(wanted)
  })
})

describe('RecadoError', () => {
  it('is retryable as its code is', () => {
    expect(new RecadoError('unavailable', 'Try again').retryable).toBe(true)
    expect(new RecadoError('denied', 'No').retryable).toBe(false)
  })
})

describe('isErrorCode', () => {
  it('knows the codes and nothing that merely every object has', () => {
    expect(isErrorCode('overloaded')).toBe(true)
    expect(isErrorCode('toString')).toBe(false)
    expect(isErrorCode(7)).toBe(false)
  })
})
