import { describe, expect, it } from 'vitest'
import { replaceSection } from '../support/sections.ts'

describe('replaceSection', () => {
  const page = [
    '# Page',
    '<!-- Begin of speed: written by npm run bench, do not edit -->',
    'old',
    '<!-- End of speed -->',
    'after',
  ].join('\n')

  it('replaces what is between the marks and nothing else', () => {
    const replaced = replaceSection(page, 'speed', 'npm run bench', 'new\n')

    expect(replaced).toBe(page.replace('\nold\n', '\n\nnew\n\n'))
    expect(replaceSection(replaced, 'speed', 'npm run bench', 'new')).toBe(replaced)
  })

  it('throws when the page lacks the marks', () => {
    expect(() => replaceSection(page, 'growth', 'npm run bench', 'new')).toThrow('no section')
  })
})
