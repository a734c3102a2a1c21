/** One measurement: how many a second, and how long each took, where that was asked. */
export interface Row {
  readonly what: string
  readonly perSecond: number
  /** In ms, sorted. */
  readonly latencies?: Float64Array
}

export function rowOf(what: string, count: number, tookMs: number, latencies?: readonly number[]): Row {
  const row = { what, perSecond: (count / tookMs) * 1000 }
  return latencies === undefined ? row : { ...row, latencies: Float64Array.from(latencies).toSorted() }
}

/** All rows as a table that is Markdown too. */
export function tableOf(rows: readonly Row[]): string {
  const heads = ['what', 'per second', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms']
  const cells = rows.map(({ what, perSecond, latencies }) => [
    what,
    Math.round(perSecond).toLocaleString('en-US'),
    ...[0.5, 0.99, 0.999, 1].map((part) => percentile(latencies, part)),
  ])
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(heads), line(rule), ...cells.map(line)].join('\n')
}

function percentile(sorted: Float64Array | undefined, part: number): string {
  const value = sorted?.[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  return value === undefined ? '' : value.toFixed(2)
}
