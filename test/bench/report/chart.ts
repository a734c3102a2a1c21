/** One bar of a chart. */
export interface Bar {
  readonly name: string
  /** In small letters below the name. */
  readonly detail: string
  readonly value: number
  /** The least and the most of the runs. */
  readonly min: number
  readonly max: number
  readonly kind: 'own' | 'flushed' | 'unflushed'
}

const WIDTH = 800
const LEFT = 320
const RIGHT = 90
const ROW = 38
const TOP = 44

/** Horizontal bars on one scale, legible on light and dark ground, as an SVG picture. */
export function barChart(title: string, bars: readonly Bar[], unit: string): string {
  const most = Math.max(...bars.map(({ max }) => max))
  const at = (value: number): number => LEFT + (value / most) * (WIDTH - LEFT - RIGHT)
  const height = TOP + bars.length * ROW + 8
  const described = bars.map(({ name, value }) => `${name} ${number(value)}`).join(', ')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(`${title}, ${unit}: ${described}`)}">`,
    STYLE,
    `<text class="title" x="8" y="24">${escaped(title)} <tspan class="detail">${escaped(unit)}</tspan></text>`,
    ...bars.flatMap((bar, index) => rowOf(bar, TOP + index * ROW, at)),
    '</svg>',
    '',
  ].join('\n')
}

function rowOf(
  { name, detail, value, min, max, kind }: Bar,
  y: number,
  at: (value: number) => number,
): string[] {
  const middle = y + 13
  return [
    `<text class="name" x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`,
    `<text class="detail" x="${LEFT - 10}" y="${y + 27}" text-anchor="end">${escaped(detail)}</text>`,
    `<rect class="${kind}" x="${LEFT}" y="${y + 2}" width="${round(at(value) - LEFT)}" height="22" rx="2"/>`,
    `<path class="range" d="M${round(at(min))} ${middle}H${round(at(max))}"/>`,
    `<text class="value" x="${round(at(max) + 7)}" y="${middle + 4}">${number(value)}</text>`,
  ]
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

export const STYLE = `<style>
text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.detail { font-size: 11px; font-weight: 400; fill: #59636e; }
.own { fill: #0969da; } .flushed { fill: #8c959f; } .unflushed { fill: #d0d7de; }
.range { stroke: #1f2328; stroke-width: 1.5; }
.grid { stroke: #d0d7de; }
.line { fill: none; stroke: currentColor; stroke-width: 2; }
.label { fill: currentColor; font-size: 11px; }
.colour-0 { color: #8250df; } .colour-1 { color: #bc4c00; } .colour-2 { color: #bf3989; } .colour-3 { color: #0969da; }
.colour-4 { color: #1a7f37; } .colour-5 { color: #9a6700; } .colour-6 { color: #cf222e; } .colour-7 { color: #6e7781; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .detail { fill: #9198a1; }
.own { fill: #4493f8; } .flushed { fill: #656c76; } .unflushed { fill: #3d444d; }
.range { stroke: #f0f6fc; } .grid { stroke: #3d444d; }
.colour-0 { color: #ab7df8; } .colour-1 { color: #f0883e; } .colour-2 { color: #db61a2; } .colour-3 { color: #4493f8; }
.colour-4 { color: #3fb950; } .colour-5 { color: #d29922; } .colour-6 { color: #f85149; } .colour-7 { color: #9198a1; }
}
</style>`
