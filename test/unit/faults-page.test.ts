import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONVERGED_MS, ONE_SERVER_GAP_MS, type Outcome } from '../faults/run.ts'
import { GROUPS } from '../faults/scenarios/index.ts'
import { pageWith, type Result } from '../faults/table.ts'
import { ROOT } from '../tidy/tree.ts'

/** The cells of each scenario's row. */
function rowsOf(page: string): string[][] {
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| scenario '))
  return rows.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('docs/reliability.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'reliability.md'), 'utf8')
  const [, ...sections] = page.split(/^(?=## )/m)
  const scenarios = GROUPS.flatMap((group) => group.scenarios)
  const names = scenarios.map(({ name }) => name)

  it.each(['In open mode', 'In secured mode'])(
    'has the row of every scenario %s: `npm run test:faults`, with and without `--secured`, writes it',
    (mode) => {
      const section = sections.find((text) => text.startsWith(`## ${mode}\n`)) ?? ''

      expect(rowsOf(section).map(([name]) => name)).toEqual(names)
    },
  )

  it('shows runs in which nothing was left out, lost or doubled', () => {
    expect(rowsOf(page).filter(([, , , , lost, doubled]) => lost !== '0' || doubled !== '0')).toEqual([])
  })

  it('shows runs in which no promise was broken', () => {
    expect(page).not.toContain('Broken promises:')
    expect(page.match(/^No promise was broken\.$/gm)).toHaveLength(2)
  })

  it('shows no time that is longer than it says that it must be', () => {
    const judged = new Set(scenarios.filter(({ oneServer }) => oneServer === true).map(({ name }) => name))
    const tooLong = rowsOf(page).filter(([name = '', , , , , , converged = '', gap = '']) => {
      const isLong = Number.parseFloat(converged) * 1000 > CONVERGED_MS
      return isLong || (judged.has(name) && Number.parseFloat(gap) * 1000 > ONE_SERVER_GAP_MS)
    })

    expect(tooLong).toEqual([])
  })
})

describe('pageWith', () => {
  const [group] = GROUPS
  const date = new Date('2026-11-24T10:00:00Z')
  const outcome: Outcome = {
    name: 'a server is killed',
    steps: 'kill server-1; 4 s',
    acknowledged: 12_345,
    unknown: 2,
    lost: 1,
    doubled: 3,
    convergedMs: 4210,
    gapMs: 1560,
    broken: ['1 lost: ana 1 7'],
  }

  it('shows what a run came to, and what it had to leave out', () => {
    const results: Result[] = [
      { group: group as Result['group'], name: outcome.name, outcome },
      { group: group as Result['group'], name: 'a disk is full', leftOut: 'no root' },
    ]
    const page = pageWith('', results, { seed: 7, secured: false, date })

    expect(rowsOf(page)).toEqual([
      ['a server is killed', 'kill server-1; 4 s', '12,345', '2', '1', '3', '4.2 s', '1.6 s'],
      ['a disk is full', 'left out: no root', '', '', '', '', '', ''],
    ])
    expect(page).toContain('npm run test:faults -- --seed 7')
    expect(page).toContain('Broken promises:\n\n- a server is killed: 1 lost: ana 1 7\n')
    expect(page).toContain('12,345 acknowledged,\n1 of these lost, 3 doubled')
  })

  it('leaves what it says of the other mode', () => {
    const results: Result[] = [{ group: group as Result['group'], name: outcome.name, outcome }]
    const open = pageWith('', results, { seed: 7, secured: false, date })
    const both = pageWith(open, results, { seed: 8, secured: true, date })
    const again = pageWith(both, results, { seed: 9, secured: false, date })

    expect(both.startsWith(open.trim())).toBe(true)
    expect(again.match(/^## .*|(?<=faults -- ).*/gm)).toEqual([
      '## In open mode',
      '--seed 9',
      '## In secured mode',
      '--secured --seed 8',
    ])
  })
})
