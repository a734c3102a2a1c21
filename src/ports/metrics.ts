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
  recado_requests_total: {
    type: 'counter',
    help: 'Requests that a server answered',
    labels: ['service', 'code'],
  },
  recado_request_duration_seconds: {
    type: 'histogram',
    help: "From a request's arrival at a server to its answer",
    labels: ['service'],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  recado_unacknowledged_operations: {
    type: 'gauge',
    help: 'Requests that wait for an acknowledgement',
    labels: [],
  },
  recado_unpublished_operations: {
    type: 'gauge',
    help: 'Own operations that have not reached their level',
    labels: [],
  },
  recado_lamport_clock: { type: 'gauge', help: 'The Lamport clock', labels: [] },
  recado_final_clock: { type: 'gauge', help: 'The clock up to which the files are final', labels: [] },
  recado_server_stalls_total: {
    type: 'counter',
    help: 'Times that the process stood still too long',
    labels: [],
  },
  recado_elections_total: { type: 'counter', help: 'Changes of the coordinator', labels: [] },
  recado_replication_fetches_total: {
    type: 'counter',
    help: 'Questions to peers for missing operations',
    labels: [],
  },
  recado_replication_refused_messages_total: {
    type: 'counter',
    help: 'Messages of peers that were malformed or of another cluster',
    labels: [],
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
