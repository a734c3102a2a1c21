import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generatedDocs } from '../../hack/generated-docs.ts'

it.each(Object.entries(generatedDocs()))('%s is what hack/generate-docs.ts makes now', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text)
})
