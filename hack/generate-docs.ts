import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatedDocs } from './generated-docs.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

for (const [path, text] of Object.entries(generatedDocs())) writeFileSync(join(ROOT, path), text)
