import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/wire/index.ts'
import { filesOf } from './tree.ts'

const CATALOGUE = 'src/wire/errors.ts'
const tests = filesOf('test', ['.test.ts'])
const sources = filesOf('src', ['.ts']).filter(({ path }) => path !== CATALOGUE)

describe('every code of the catalogue of errors', () => {
  const codes = Object.keys(ERRORS)

  it('is raised somewhere', () => {
    const raised = (code: string): boolean => sources.some(({ text }) => text.includes(`'${code}'`))

    expect(codes.filter((code) => !raised(code))).toEqual([])
  })

  it('is met by a test', () => {
    // A plain word may stand in any comment; a code of two words, or one in quotes, is meant.
    const named = (code: string): RegExp =>
      code.includes('_') ? new RegExp(`\\b${code}\\b`) : new RegExp(`['"]${code}['"]`)
    const met = (code: string): boolean => tests.some(({ text }) => named(code).test(text))

    expect(codes.filter((code) => !met(code))).toEqual([])
  })
})
