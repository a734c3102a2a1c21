import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Tally } from '../hostile/attacker.ts'
import { withMessages, withPressure } from '../hostile/page.ts'

const PAGE = readFileSync(new URL('../../docs/hostile-input.md', import.meta.url), 'utf8')

function tally(port: number, changed: number): Tally {
  return { kind: 'peers', port, ways: { none: 1, raw: 2 }, changed, own: 3 }
}

describe('The page on hostile input', () => {
  it('shows what was measured under pressure, and makes what is too much stand out', () => {
    const results = [
      { what: 'a flood', first: 2, lasting: 1.94, memory: 100.4 },
      { what: 'idle connections', first: undefined, lasting: 1, memory: 7 },
    ]
    const rows = rowsOf(withPressure(PAGE, results, 3, 2))
    expect(rows).toContain('a flood,**2.0**,1.9,100')
    expect(rows).toContain('idle connections,,1.0,7')
  })

  it('shows what was sent to each kind of port, alike ones together', () => {
    const page = withMessages(PAGE, [tally(1, 1000), tally(2, 500)], 7)
    expect(rowsOf(page)).toContain('peers (2),1,500,6,2,4')
    expect(page).toContain('`HOSTILE_SEED=7`: 1,500 messages')
  })
})

function rowsOf(page: string): readonly string[] {
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
      .join(),
  )
}
