/**
 * The catalogue of metrics: the registry is made from it and docs/metrics.md mirrors it. Names follow Prometheus'
 * conventions; no label holds a user's or channel's name.
 */
export const METRICS = {
  recado_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels tell what runs',
    labels: ['version', 'role'],
  },
} as const satisfies Record<string, MetricDefinition>

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** A histogram's upper bounds, in the metric's unit. */
  readonly buckets?: readonly number[]
}

export type MetricName = keyof typeof METRICS

export interface Metrics {
  /** Adds to a counter. */
  add(name: MetricName, value?: number, labels?: Readonly<Record<string, string>>): void
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: Readonly<Record<string, string>>): void
  /** Records a value in a histogram. */
  observe(name: MetricName, value: number, labels?: Readonly<Record<string, string>>): void
}
