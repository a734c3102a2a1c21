import { describe, expect, it } from 'vitest'
import { selfTimes } from '../../bench/profile/self-times.ts'

const ROOT = new URL('../../..', import.meta.url).href

describe('selfTimes', () => {
  it('counts the time from each sample to the next for the function that ran, and idle time apart', () => {
    const text = selfTimes(
      {
        nodes: [
          node(1, '(root)', '', [2, 4]),
          node(2, 'serve', `${ROOT}src/server/server.ts`, [3]),
          node(3, '', '', []),
          node(4, '(idle)', '', []),
        ],
        samples: [2, 3, 2, 4, 2],
        timeDeltas: [0, 1000, 2000, 3000, 4000],
      },
      10,
    )

    expect(text).toContain('Busy 6 ms, 60 % of the time.')
    expect(rowsOf(text)).toEqual([
      ['serve src/server/server.ts:8', '4.0', '66.7 %'],
      ['(native) in serve src/server/server.ts:8', '2.0', '33.3 %'],
      ['src/server/server.ts', '4.0', '66.7 %'],
      ['native, in src/server/server.ts', '2.0', '33.3 %'],
    ])
  })
})

function node(id: number, functionName: string, url: string, children: number[]) {
  return { id, callFrame: { functionName, url, lineNumber: 7 }, children }
}

/** The cells of all tables, without their heads. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.includes(' % |'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}
