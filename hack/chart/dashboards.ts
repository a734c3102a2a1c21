/** The Grafana dashboards of the chart, as data: rows of panels, a panel some queries. */
interface Query {
  /** `$job` is the cluster (or the operator) that is looked at. */
  readonly expr: string
  readonly legend: string
}

interface Panel {
  readonly title: string
  /** What one sees here and when it is bad. */
  readonly meaning: string
  /** As Grafana calls it. */
  readonly unit?: string
  readonly kind?: 'stat' | 'timeseries'
  readonly queries: readonly Query[]
}

interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  /** A metric that every job which can be looked at has. */
  readonly jobsOf: string
  readonly rows: readonly Row[]
}

const J = 'job="$job"'
const SERVER = `${J},container="server"`
const rate = (metric: string, labels: string): string => `rate(${metric}{${labels}}[$__rate_interval])`
const per = (label: string, metric: string, labels = J): string =>
  `sum by (${label}) (${rate(metric, labels)})`
const quantile = (share: number, metric: string, labels = J): string =>
  `histogram_quantile(${share}, sum by (le) (${rate(`${metric}_bucket`, labels)}))`
const one = (expr: string, legend: string): readonly Query[] => [{ expr, legend }]

const OVERVIEW: Row = {
  title: 'Overview',
  panels: [
    {
      title: 'Servers by state',
      meaning: 'As ref sees them. All should be up; below a majority nothing is acknowledged.',
      kind: 'stat',
      queries: one(`sum by (state) (recado_ref_server_state{${J}}) > 0`, '{{state}}'),
    },
    {
      title: 'Coordinator',
      meaning: 'The server that keeps the time. Exactly one.',
      kind: 'stat',
      queries: one(`recado_server_coordinator{${SERVER}} == 1`, '{{pod}}'),
    },
    {
      title: 'Versions',
      meaning: 'How many processes run each version. Two while a change is rolled out.',
      kind: 'stat',
      queries: one(`count by (version) (recado_build_info{${J}})`, '{{version}}'),
    },
    {
      title: 'Faults that automatic clients found',
      meaning: 'Messages lost, doubled, altered or out of order. Always 0.',
      kind: 'stat',
      queries: one(`sum(recado_client_findings_total{${J}}) or vector(0)`, 'faults'),
    },
  ],
}

const REQUESTS: Row = {
  title: 'Requests',
  panels: [
    {
      title: 'Answered by service',
      meaning: 'Requests that servers answered, errors among them.',
      unit: 'reqps',
      queries: one(per('service', 'recado_requests_total'), '{{service}}'),
    },
    {
      title: 'Errors by code',
      meaning:
        '`unavailable`: too few servers, or a full disk. `overloaded`: more than can be taken. Others are the clients’.',
      unit: 'reqps',
      queries: [
        { expr: per('code', 'recado_requests_total', `${J},code!="ok"`), legend: 'servers: {{code}}' },
        { expr: per('code', 'recado_broker_refused_total'), legend: 'brokers: {{code}}' },
      ],
    },
    {
      title: 'Time to publish',
      meaning: 'From a request’s arrival at a server to its answer: mostly the disks of a majority.',
      unit: 's',
      queries: [0.5, 0.99].map((share) => ({
        expr: quantile(share, 'recado_request_duration_seconds', `${J},service="publish"`),
        legend: `${share * 100} %`,
      })),
    },
    {
      title: 'Waiting for acknowledgement',
      meaning: 'Requests whose operation is not yet on enough disks. Rises when a majority is slow or gone.',
      queries: one(`recado_unacknowledged_operations{${SERVER}}`, '{{pod}}'),
    },
  ],
}

const REPLICATION: Row = {
  title: 'Replication',
  panels: [
    {
      title: 'Lag',
      meaning:
        'Operations that others have on disk and the server has not. Returns to a few, again and again.',
      queries: one(`max by (server) (recado_ref_server_lag_operations{${J}})`, '{{server}}'),
    },
    {
      title: 'Not final yet',
      meaning:
        'How far the files are behind, in the Lamport clock. Grows while a server that counts is away.',
      queries: one(`recado_lamport_clock{${SERVER}} - recado_final_clock{${SERVER}}`, '{{pod}}'),
    },
    {
      title: 'Fetched from peers',
      meaning: 'Questions for operations that did not come by themselves: after a start or a cut.',
      unit: 'ops',
      queries: one(per('pod', 'recado_replication_fetches_total', SERVER), '{{pod}}'),
    },
    {
      title: 'Elections, stalls, late operations',
      meaning:
        'Changes of the coordinator; times a process stood still; operations that came behind the final ones.',
      unit: 'ops',
      queries: [
        { expr: `sum(${rate('recado_elections_total', SERVER)})`, legend: 'elections' },
        { expr: `sum(${rate('recado_server_stalls_total', SERVER)})`, legend: 'stalls' },
        { expr: `sum(${rate('recado_late_operations_total', SERVER)})`, legend: 'late operations' },
      ],
    },
  ],
}

const DELIVERY: Row = {
  title: 'Brokers, proxies, clients',
  panels: [
    {
      title: 'Through brokers',
      meaning: 'Bodies that clients sent. A body may hold many requests.',
      unit: 'reqps',
      queries: one(per('pod', 'recado_broker_requests_total', `${J},container="broker"`), '{{pod}}'),
    },
    {
      title: 'Servers at each broker, and what waits',
      meaning: 'A broker without servers serves nobody.',
      queries: [
        { expr: `recado_broker_servers{${J},container="broker"}`, legend: '{{pod}}: servers' },
        { expr: `recado_broker_outstanding{${J},container="broker"}`, legend: '{{pod}}: waiting' },
      ],
    },
    {
      title: 'Passed on',
      meaning: 'Bodies given to another server, for theirs died or stood still.',
      unit: 'ops',
      queries: one(per('pod', 'recado_broker_passed_on_total', `${J},container="broker"`), '{{pod}}'),
    },
    {
      title: 'Through proxies',
      meaning: 'Frames passed to subscribers, and frames that broke a rule.',
      unit: 'ops',
      queries: [
        { expr: per('pod', 'recado_proxy_publications_total', `${J},container="proxy"`), legend: '{{pod}}' },
        {
          expr: per('pod', 'recado_proxy_dropped_total', `${J},container="proxy"`),
          legend: '{{pod}}: dropped',
        },
      ],
    },
    {
      title: 'Automatic clients',
      meaning: 'What they try, by its outcome, and how long it takes.',
      unit: 'ops',
      queries: one(per('code', 'recado_client_operations_total', `${J},container="client"`), '{{code}}'),
    },
    {
      title: 'Time until a client is acknowledged',
      meaning: 'As automatic clients see it, with the way to the server.',
      unit: 's',
      queries: [0.5, 0.99].map((share) => ({
        expr: quantile(share, 'recado_client_operation_duration_seconds'),
        legend: `${share * 100} %`,
      })),
    },
  ],
}

const MACHINES: Row = {
  title: 'Machines',
  panels: [
    {
      title: 'Disk left',
      meaning: 'Below its reserve, a tenth unless told otherwise, a server takes no new messages.',
      unit: 'percentunit',
      queries: one(`recado_disk_free_bytes{${SERVER}} / recado_disk_size_bytes{${SERVER}}`, '{{pod}}'),
    },
    {
      title: 'Clock against the common time',
      meaning: 'How far each machine’s clock is off. More than half a second apart: see to NTP.',
      unit: 's',
      queries: one(`recado_clock_offset_seconds{${SERVER}}`, '{{pod}}'),
    },
    {
      title: 'Processor',
      meaning: 'Seconds of processor time a second.',
      queries: one(rate('process_cpu_seconds_total', J), '{{pod}}'),
    },
    {
      title: 'Memory',
      meaning: 'Resident memory; a server’s holds pages of its files too.',
      unit: 'bytes',
      queries: one(`process_resident_memory_bytes{${J}}`, '{{pod}}'),
    },
    {
      title: 'Event loop',
      meaning: 'How late the loop’s turns are. A process that is late for long is restarted.',
      unit: 's',
      // What is measured is the time between two looks, which are a second apart.
      queries: one(`clamp_min(nodejs_eventloop_lag_p99_seconds{${J}} - 1, 0)`, '{{pod}}'),
    },
    {
      title: 'Heartbeats',
      meaning: 'What ref hears, by role.',
      unit: 'ops',
      queries: one(per('role', 'recado_ref_heartbeats_total', `${J},container="ref"`), '{{role}}'),
    },
  ],
}

const OPERATOR: Row = {
  title: 'The operator',
  panels: [
    {
      title: 'Who acts',
      meaning: 'One of the operators has the Lease.',
      kind: 'stat',
      queries: one(`recado_operator_leader{${J}} == 1`, '{{pod}}'),
    },
    {
      title: 'Passes by result',
      meaning: 'Each pass looks at one MessagingCluster. Errors say in the log why.',
      unit: 'ops',
      queries: one(per('result', 'recado_operator_reconciles_total'), '{{result}}'),
    },
    {
      title: 'Time of a pass',
      meaning: 'Mostly the API server’s.',
      unit: 's',
      queries: [0.5, 0.99].map((share) => ({
        expr: quantile(share, 'recado_operator_reconcile_duration_seconds'),
        legend: `${share * 100} %`,
      })),
    },
    {
      title: 'Clusters that wait',
      meaning: 'For a pass, or in one. Returns to 0.',
      queries: one(`recado_operator_queue_depth{${J}}`, '{{pod}}'),
    },
    {
      title: 'Requests to the API server',
      meaning: 'When nothing changes, only the Lease is renewed.',
      unit: 'reqps',
      queries: one(per('verb, code', 'recado_operator_requests_total'), '{{verb}} {{code}}'),
    },
    {
      title: 'Watches begun anew',
      meaning: 'After errors, with a list. Often: the API server or the way to it is in trouble.',
      unit: 'ops',
      queries: one(`${per('kind', 'recado_operator_watch_restarts_total')} or vector(0)`, '{{kind}}'),
    },
  ],
}

export const DASHBOARDS: readonly Dashboard[] = [
  {
    uid: 'recado-cluster',
    title: 'recado / cluster',
    jobsOf: 'recado_ref_epoch{container="ref"}',
    rows: [OVERVIEW, REQUESTS, REPLICATION, DELIVERY, MACHINES],
  },
  {
    uid: 'recado-operator',
    title: 'recado / operator',
    jobsOf: 'recado_build_info{role="operator"}',
    rows: [OPERATOR],
  },
]
