import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceSection } from '../../support/sections.ts'
import { growthSection, SOAK_CHART, soakChart, soakSection } from './growth.ts'
import { operatorSection } from './operator.ts'
import { type Results, readResults } from './results.ts'
import { securedSection } from './secured.ts'
import { speedCharts, speedSection } from './speed.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PAGE = 'docs/benchmarks.md'

/** Everything that is made from the results, by its path from the root. */
export function generatedFiles(results: Results): Readonly<Record<string, string>> {
  const sections = {
    speed: speedSection(results),
    secured: securedSection(results),
    growth: growthSection(results),
    soak: soakSection(results),
    operator: operatorSection(results),
  }
  const page = Object.entries(sections).reduce(
    (text, [name, section]) => replaceSection(text, name, 'npm run bench', section),
    readFileSync(join(ROOT, PAGE), 'utf8'),
  )
  return {
    [PAGE]: page,
    ...(results.own && speedCharts(results)),
    ...(results.soak && { [`docs/${SOAK_CHART}`]: soakChart(results.soak) }),
  }
}

/** Writes the page and its pictures from the results that are stored. */
export function writeReport(): void {
  for (const [path, text] of Object.entries(generatedFiles(readResults()))) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}
