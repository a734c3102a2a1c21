import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { METRICS, type MetricName, type Metrics } from '../ports/index.ts'

export interface MetricsRegistry {
  readonly metrics: Metrics
  readonly contentType: string
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>
  /** The names of all metrics, those of the process itself too. */
  names(): readonly string[]
}

/** Between two looks at the loop's delay: each wakes an idle process. */
const LOOP_SAMPLE_MS = 1000

type Labels = Readonly<Record<string, string>>

/** A registry of its own with the catalogue's metrics, and the process's (memory, processor, loop) unless told not to. */
export function createMetrics(options: { processMetrics?: boolean } = {}): MetricsRegistry {
  const registry = new Registry()
  if (options.processMetrics ?? true)
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS })
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, { type, help, labels, ...rest }] of Object.entries(METRICS)) {
    const common = { name, help, labelNames: [...labels], registers: [registry] }
    if (type === 'counter') counters.set(name, new Counter(common))
    else if (type === 'gauge') gauges.set(name, new Gauge(common))
    else
      histograms.set(
        name,
        new Histogram({ ...common, ...('buckets' in rest && { buckets: [...rest.buckets] }) }),
      )
  }
  const metrics: Metrics = {
    add: (name, value = 1, labels: Labels = {}) => kind(counters, name).inc(labels, value),
    set: (name, value, labels: Labels = {}) => kind(gauges, name).set(labels, value),
    observe: (name, value, labels: Labels = {}) => kind(histograms, name).observe(labels, value),
  }
  return {
    metrics,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
  }
}

function kind<Metric>(metrics: ReadonlyMap<string, Metric>, name: MetricName): Metric {
  const metric = metrics.get(name)
  if (metric === undefined) throw new TypeError(`The metric ${name} is of another type`)
  return metric
}
