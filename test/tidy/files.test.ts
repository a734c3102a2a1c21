import { describe, expect, it } from 'vitest'
import { filesOf } from './tree.ts'

const LINES_MAX = 400
// Put together here, so that this file does not find itself.
const MARKERS = new RegExp(
  `\\b(?:${['TO', 'FIX', 'HA', 'XX'].map((a, i) => a + ['DO', 'ME', 'CK', 'X'][i]).join('|')})\\b`,
)

describe('every file of code', () => {
  const code = filesOf('.', ['.ts', '.js', '.py', '.go', '.sh'])

  it(`has at most ${LINES_MAX} lines`, () => {
    const long = code.filter((file) => file.text.split('\n').length - 1 > LINES_MAX)

    expect(long.map((file) => file.path)).toEqual([])
  })

  it('has no marker of unfinished work', () => {
    expect(code.filter((file) => MARKERS.test(file.text)).map((file) => file.path)).toEqual([])
  })
})

describe('every TypeScript test', () => {
  it('is run in whole: none is focused or switched off', () => {
    const tests = filesOf('test', ['.test.ts'])
    const partial = tests.filter((file) => /\b(?:it|describe|test)\.(?:only|skip|todo)\(/.test(file.text))

    expect(partial.map((file) => file.path)).toEqual([])
  })
})
