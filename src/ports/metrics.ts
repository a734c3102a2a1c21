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
  recado_clock_rounds_total: {
    type: 'counter',
    help: 'Rounds of clock synchronisation that this coordinator ended',
    labels: [],
  },
  recado_clock_correction_seconds: { type: 'gauge', help: 'The last correction of the clock', labels: [] },
  recado_clock_offset_seconds: { type: 'gauge', help: 'All corrections of the clock so far', labels: [] },
  recado_server_coordinator: { type: 'gauge', help: '1 while this server is the coordinator', labels: [] },
  recado_disk_free_bytes: {
    type: 'gauge',
    help: 'Room left on the file system of the data folder',
    labels: [],
  },
  recado_disk_size_bytes: {
    type: 'gauge',
    help: 'Size of the file system of the data folder',
    labels: [],
  },
  recado_disk_low: {
    type: 'gauge',
    help: '1 while this server takes no new operations because too little room is left',
    labels: [],
  },
  recado_late_operations_total: {
    type: 'counter',
    help: 'Operations that came when their place in the files was already final',
    labels: [],
  },
  recado_broker_requests_total: { type: 'counter', help: 'Bodies that clients sent', labels: [] },
  recado_broker_refused_total: {
    type: 'counter',
    help: 'Bodies that the broker answered itself with an error',
    labels: ['code'],
  },
  recado_broker_answers_dropped_total: {
    type: 'counter',
    help: 'Answers dropped because too much waited already for a client that does not read',
    labels: [],
  },
  recado_broker_servers: { type: 'gauge', help: 'Servers registered at the broker', labels: [] },
  recado_broker_outstanding: {
    type: 'gauge',
    help: 'Bodies that wait for a server or its answer',
    labels: [],
  },
  recado_broker_passed_on_total: {
    type: 'counter',
    help: 'Bodies passed on to another server because theirs died or stood still',
    labels: [],
  },
  recado_proxy_publications_total: { type: 'counter', help: 'Frames passed to subscribers', labels: [] },
  recado_proxy_dropped_total: {
    type: 'counter',
    help: 'Frames and subscriptions that broke a rule',
    labels: [],
  },
  recado_ref_heartbeats_total: { type: 'counter', help: 'Heartbeats that ref answered', labels: ['role'] },
  recado_ref_requests_total: {
    type: 'counter',
    help: 'Requests that ref answered',
    labels: ['service', 'code'],
  },
  recado_ref_epoch: { type: 'gauge', help: "The epoch of the voters' list", labels: [] },
  recado_ref_server_state: {
    type: 'gauge',
    help: '1 for the state that ref sees the server in, 0 for the others',
    labels: ['server', 'state'],
  },
  recado_ref_server_lag_operations: {
    type: 'gauge',
    help: 'Operations that others have on disk and the server has not, as ref sees it',
    labels: ['server'],
  },
  recado_handshakes_total: {
    type: 'counter',
    help: 'Connections that asked to be let in, in secured mode: admitted, unknown_key, no_proof, broken_off',
    labels: ['port', 'result'],
  },
  recado_logins_total: {
    type: 'counter',
    help: 'Logins in secured mode: ok, wrong_secret, wrong_permit, not_listed',
    labels: ['result'],
  },
  recado_denied_total: {
    type: 'counter',
    help: 'What was denied in secured mode: no_token, another_user, limit, subscription, grant, malformed',
    labels: ['reason'],
  },
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
  recado_client_operations_total: {
    type: 'counter',
    help: 'Operations that the automatic client tried, by their outcome',
    labels: ['code'],
  },
  recado_client_operation_duration_seconds: {
    type: 'histogram',
    help: "From an automatic client's operation to its acknowledgement",
    labels: [],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  recado_client_received_total: {
    type: 'counter',
    help: 'Messages that the automatic client received',
    labels: [],
  },
  recado_client_repaired_total: {
    type: 'counter',
    help: 'Messages that the automatic client did not receive live and read from history',
    labels: [],
  },
  recado_client_expected_messages: {
    type: 'gauge',
    help: 'Acknowledged messages that are still to come to the automatic client',
    labels: [],
  },
  recado_client_findings_total: {
    type: 'counter',
    help: 'What the automatic client found wrong: order, duplicate, missing, altered',
    labels: ['kind'],
  },
  recado_operator_reconciles_total: {
    type: 'counter',
    help: 'Passes over one MessagingCluster, by their result: success or error',
    labels: ['result'],
  },
  recado_operator_reconcile_duration_seconds: {
    type: 'histogram',
    help: 'How long one pass over a MessagingCluster took',
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  recado_operator_queue_depth: {
    type: 'gauge',
    help: 'MessagingClusters that wait for a pass or are in one',
    labels: [],
  },
  recado_operator_oldest_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the MessagingCluster that waits longest was last passed over with success; 0 when there is none',
    labels: [],
  },
  recado_operator_requests_total: {
    type: 'counter',
    help: 'Requests to the API server, by their HTTP status (none: no answer)',
    labels: ['verb', 'code'],
  },
  recado_operator_watch_restarts_total: {
    type: 'counter',
    help: 'Watches that failed and began anew with a list',
    labels: ['kind'],
  },
  recado_operator_events_dropped_total: {
    type: 'counter',
    help: 'Kubernetes Events that were not written: too many at once, or refused',
    labels: [],
  },
  recado_operator_leader: { type: 'gauge', help: '1 while this operator is the one that acts', labels: [] },
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
