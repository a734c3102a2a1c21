import { escaped, STYLE } from './chart.ts'

/** One line of a chart: a value at each step, from the first. */
export interface Line {
  readonly name: string
  readonly values: readonly number[]
}

const [WIDTH, HEIGHT] = [760, 320]
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 120, 40, 36]
const GRID_LINES = 4
const LABEL_HEIGHT = 14
/** As many as the style has. */
const COLOURS = 8

/** Lines on one scale from zero, each with its name at its end, legible on light and dark ground, as an SVG picture. */
export function lineChart(title: string, lines: readonly Line[], unit: string): string {
  const steps = Math.max(2, ...lines.map(({ values }) => values.length))
  const most = ceiling(Math.max(1, ...lines.flatMap(({ values }) => values)))
  const x = (index: number): number => Math.round(LEFT + (index / (steps - 1)) * (WIDTH - LEFT - RIGHT))
  const y = (value: number): number =>
    Math.round((HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM)) * 10) / 10
  const grid = Array.from({ length: GRID_LINES + 1 }, (_, index) => (most * index) / GRID_LINES)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`${title}, ${unit}`)}">`,
    STYLE,
    `<text class="title" x="8" y="24">${escaped(title)} <tspan class="detail">${escaped(unit)}</tspan></text>`,
    ...grid.flatMap((value) => [
      `<path class="grid" d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}"/>`,
      `<text class="detail" x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${Math.round(value)}</text>`,
    ]),
    ...[0, steps - 1].map(
      (index) =>
        `<text class="detail" x="${x(index)}" y="${HEIGHT - 14}" text-anchor="middle">${index + 1}</text>`,
    ),
    ...lines.map(({ values }, index) => {
      const points = values.map((value, at) => `${x(at)},${y(value)}`).join(' ')
      return `<polyline class="line colour-${index % COLOURS}" points="${points}"/>`
    }),
    ...labels(lines, y).map(
      ({ name, at, colour }) =>
        `<text class="label colour-${colour}" x="${WIDTH - RIGHT + 6}" y="${at + 4}">${escaped(name)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

interface Label {
  readonly name: string
  readonly at: number
  readonly colour: number
}

/** Names at the heights of their lines' ends, moved apart where they would stand over each other. */
function labels(lines: readonly Line[], y: (value: number) => number): Label[] {
  const placed: Label[] = []
  const ends = lines.map(({ name, values }, index) => ({
    name,
    at: y(values.at(-1) ?? 0),
    colour: index % COLOURS,
  }))
  for (const end of ends.toSorted((a, b) => b.at - a.at)) {
    const lowest = (placed.at(-1)?.at ?? Number.POSITIVE_INFINITY) - LABEL_HEIGHT
    placed.push({ ...end, at: Math.min(end.at, lowest) })
  }
  return placed
}

/** The next round number, so that the grid's lines stand at whole numbers. */
function ceiling(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value))
  const rounded = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((factor) => factor * step >= value) ?? 10
  return rounded * step
}
