import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generatedFiles } from '../bench/report/report.ts'
import { readResults } from '../bench/report/results.ts'
import { ROOT } from './tree.ts'

describe('the page and the pictures of benchmarks', () => {
  it.each(Object.entries(generatedFiles(readResults())))('show what was measured: %s', (path, text) => {
    // When this fails, run npm run bench -- report.
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text)
  })
})
