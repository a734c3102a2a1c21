/**
 * What Prometheus watches for, as data: the operator makes each cluster's PrometheusRule of it, the chart its own, and
 * promtool tests both. Every expression is about one job: what Prometheus' operator calls the targets of one monitor.
 */
export interface Alert {
  /** UpperCamelCase. */
  readonly alert: string
  readonly expr: string
  /** How long the expression must hold before the alert fires. */
  readonly forSeconds: number
  readonly severity: 'warning' | 'critical'
  /** One line; may name labels as Prometheus' templates do. */
  readonly summary: string
  /** What it means and what to do. */
  readonly description: string
}

export interface AlertGroup {
  readonly name: string
  readonly alerts: readonly Alert[]
}

/** A PrometheusRule's spec. */
export interface RulesSpec {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly for: string
      readonly labels: Readonly<Record<string, string>>
      readonly annotations: Readonly<Record<string, string>>
    }[]
  }[]
}

/** The alerts of one cluster: its PodMonitor's job is `namespace/name`, and a target's `container` is its component. */
export function clusterAlerts(namespace: string, cluster: string): AlertGroup {
  const job = `job="${namespace}/${cluster}"`
  return {
    name: 'recado-cluster',
    alerts: [...serverAlerts(job), ...serviceAlerts(job), ...machineAlerts(job)],
  }
}

function serverAlerts(job: string): Alert[] {
  return [
    {
      alert: 'RecadoServerDown',
      expr: `max by (server) (recado_ref_server_state{${job},state="down"}) == 1`,
      forSeconds: 120,
      severity: 'warning',
      summary: 'Server {{ $labels.server }} is down',
      description:
        'It counts for majorities and does not answer: one more of three and nothing is acknowledged. See why its pod does not run, or on which node it was.',
    },
    {
      alert: 'RecadoServerLagging',
      expr: `max by (server) (recado_ref_server_lag_operations{${job}}) > 1000 unless on (server) recado_ref_server_state{${job},state="down"} == 1`,
      forSeconds: 300,
      severity: 'warning',
      summary: 'Server {{ $labels.server }} lacks {{ $value }} operations that others hold',
      description:
        'It receives more slowly than the others: look at its disk and its network. Until it has caught up, losing another server may stop acknowledgements.',
    },
    {
      alert: 'RecadoNoCoordinator',
      expr: `(sum(recado_server_coordinator{${job},container="server"}) or vector(0)) < 1`,
      forSeconds: 60,
      severity: 'critical',
      summary: 'No server is the coordinator',
      description:
        'No server runs, or none is ready. See the conditions of the MessagingCluster and the servers’ logs.',
    },
    {
      alert: 'RecadoRefAbsent',
      expr: `absent(recado_ref_epoch{${job},container="ref"})`,
      forSeconds: 300,
      severity: 'warning',
      summary: 'The reference service is not there',
      description:
        'Messages go on; servers cannot be added or taken off, and new addresses are found later. See why its pod does not run.',
    },
  ]
}

function serviceAlerts(job: string): Alert[] {
  const refused = `(sum(rate(recado_requests_total{${job},code="unavailable"}[5m])) or vector(0)) + (sum(rate(recado_broker_refused_total{${job},code=~"unavailable|overloaded"}[5m])) or vector(0))`
  const all = `(sum(rate(recado_requests_total{${job}}[5m])) or vector(0)) + (sum(rate(recado_broker_refused_total{${job}}[5m])) or vector(0))`
  return [
    {
      alert: 'RecadoRequestsUnavailable',
      expr: `(${refused}) / ((${all}) > 0) > 0.01`,
      forSeconds: 120,
      severity: 'critical',
      summary: '{{ $value | humanizePercentage }} of the requests are refused',
      description:
        'Clients are told `unavailable` or `overloaded`: too few servers are up, a disk is full, or there is more than the servers can take.',
    },
    {
      alert: 'RecadoBrokerWithoutServers',
      expr: `recado_broker_servers{${job},container="broker"} == 0`,
      forSeconds: 120,
      severity: 'critical',
      summary: 'Broker {{ $labels.pod }} reaches no server',
      description:
        'Its clients are not served. See whether servers are ready, and whether a network policy is between.',
    },
    {
      alert: 'RecadoProcessUnreachable',
      expr: `up{${job}} == 0`,
      forSeconds: 120,
      severity: 'warning',
      summary: 'Prometheus cannot read {{ $labels.pod }}',
      description: 'The process does not run or does not answer. See its pod and its log.',
    },
    {
      alert: 'RecadoPromiseBroken',
      expr: `sum by (kind) (increase(recado_client_findings_total{${job},container="client"}[10m])) > 0`,
      forSeconds: 0,
      severity: 'critical',
      summary: 'An automatic client found a fault: {{ $labels.kind }}',
      description:
        'A message was lost, doubled, altered or out of order. Keep the clients’ logs and report it.',
    },
  ]
}

function machineAlerts(job: string): Alert[] {
  const server = `{${job},container="server"}`
  return [
    {
      alert: 'RecadoDiskFilling',
      expr: `recado_disk_free_bytes${server} / recado_disk_size_bytes${server} < 0.15 unless on (pod) recado_disk_low${server} == 1`,
      forSeconds: 300,
      severity: 'warning',
      summary: '{{ $value | humanizePercentage }} of the disk of {{ $labels.pod }} is free',
      description:
        'Below its reserve, a tenth unless told otherwise, it takes no new messages. Raise `servers.storage.size` where the storage class allows it.',
    },
    {
      alert: 'RecadoDiskFull',
      expr: `recado_disk_low${server} == 1`,
      forSeconds: 30,
      severity: 'critical',
      summary: 'Server {{ $labels.pod }} takes no new messages: its disk is full',
      description:
        'It still receives what others took. Raise `servers.storage.size` where the storage class allows it.',
    },
    {
      alert: 'RecadoClocksApart',
      expr: `max(recado_clock_offset_seconds${server}) - min(recado_clock_offset_seconds${server}) > 0.5`,
      forSeconds: 300,
      severity: 'warning',
      summary: 'The clocks of the servers’ machines are {{ $value | humanizeDuration }} apart',
      description:
        'recado corrects for it, but times drift when a coordinator changes. Let the nodes keep time by NTP.',
    },
  ]
}

/** The operator's own alerts; its job is the name of the Service that its ServiceMonitor found. */
export function operatorAlerts(namespace: string, job: string): AlertGroup {
  const at = `namespace="${namespace}",job="${job}"`
  return {
    name: 'recado-operator',
    alerts: [
      {
        alert: 'RecadoOperatorDown',
        expr: `(sum(up{${at}}) or vector(0)) < 1`,
        forSeconds: 300,
        severity: 'critical',
        summary: 'The operator of recado does not run',
        description: 'Messages go on; nothing is scaled, repaired or rolled. See why its pods do not run.',
      },
      {
        alert: 'RecadoOperatorWithoutLeader',
        expr: `(sum(recado_operator_leader{${at}}) or vector(0)) < 1 and on () sum(up{${at}}) > 0`,
        forSeconds: 120,
        severity: 'critical',
        summary: 'No operator of recado acts',
        description:
          'They run, but none has the Lease: see their logs, and whether they reach the API server.',
      },
      {
        alert: 'RecadoOperatorErrors',
        expr: `sum(rate(recado_operator_reconciles_total{${at},result="error"}[5m])) > 0`,
        forSeconds: 600,
        severity: 'warning',
        summary: 'The operator of recado fails at a MessagingCluster',
        description: 'Its log says at which and why.',
      },
      {
        alert: 'RecadoOperatorBehind',
        expr: `time() - (recado_operator_oldest_success_timestamp_seconds{${at}} > 0) > 900 and on (pod) recado_operator_leader{${at}} == 1`,
        forSeconds: 60,
        severity: 'warning',
        summary: 'A MessagingCluster was not tended for {{ $value | humanizeDuration }}',
        description: 'The operator passes over each at least every few minutes. Its log says what stops it.',
      },
      {
        alert: 'RecadoOperatorRefused',
        expr: `sum(increase(recado_operator_requests_total{${at},code=~"401|403"}[10m])) > 0`,
        forSeconds: 300,
        severity: 'warning',
        summary: 'The API server refuses what the operator of recado asks',
        description:
          'Its roles are not those of its chart, or its account has changed. Its log says what was refused.',
      },
    ],
  }
}

/** A PrometheusRule's spec of these. `delayPercent` of each alert's waiting time: 100 as it is, less in trials. */
export function rulesSpec(groups: readonly AlertGroup[], delayPercent = 100): RulesSpec {
  return {
    groups: groups.map(({ name, alerts }) => ({
      name,
      rules: alerts.map(({ alert, expr, forSeconds, severity, summary, description }) => ({
        alert,
        expr,
        for: `${Math.floor((forSeconds * delayPercent) / 100)}s`,
        labels: { severity },
        annotations: { summary, description },
      })),
    })),
  }
}
