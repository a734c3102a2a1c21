import type { MetricName, Metrics } from '../../src/ports/index.ts'

type Labels = Readonly<Record<string, string>>

/** Metrics that a test can ask for. */
export function countingMetrics(): Metrics & {
  /** A counter's sum, a gauge's last value, a histogram's count; 0 when there was none. */
  value(name: MetricName, labels?: Labels): number
} {
  const values = new Map<string, number>()
  const id = (name: string, labels: Labels = {}): string =>
    [
      name,
      ...Object.keys(labels)
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map((label) => `${label}=${labels[label]}`),
    ].join(' ')
  const add = (name: MetricName, value: number, labels?: Labels): void => {
    values.set(id(name, labels), (values.get(id(name, labels)) ?? 0) + value)
  }
  return {
    add: (name, value = 1, labels) => add(name, value, labels),
    set: (name, value, labels) => void values.set(id(name, labels), value),
    observe: (name, _, labels) => add(name, 1, labels),
    value: (name, labels) => values.get(id(name, labels)) ?? 0,
  }
}
