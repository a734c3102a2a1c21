/** Samples of a healthy cluster and operator as Prometheus' operator has them scraped, in promtool's notation. */
export type Series = Readonly<Record<string, string>>

export const NAMESPACE = 'shop'
export const CLUSTER = 'orders'
export const OPERATOR = { namespace: 'recado', job: 'recado-operator' }
const SAMPLES = 80

/** The same value all the time. */
export const steady = (value: number): string => `${value}x${SAMPLES}`
/** A counter that rises by this much at each sample. */
export const rising = (by: number): string => `0+${by}x${SAMPLES}`

/** A metric of a process, with the labels that a PodMonitor gives. */
export function of(component: string, metric: string, more = '', ordinal?: number): string {
  const pod = `${CLUSTER}-${component}${ordinal === undefined ? '' : `-${ordinal}`}`
  const labels = [
    `job="${NAMESPACE}/${CLUSTER}"`,
    `namespace="${NAMESPACE}"`,
    `container="${component}"`,
    `pod="${pod}"`,
    ...(more === '' ? [] : [more]),
  ]
  return `${metric}{${labels.join(',')}}`
}

export const ofServer = (metric: string, ordinal: number, more = ''): string =>
  of('server', metric, more, ordinal)
export const ofRef = (metric: string, ordinal: number, more = ''): string => {
  const name = `server="${CLUSTER}-server-${ordinal}"`
  return of('ref', metric, more === '' ? name : `${name},${more}`)
}
export const ofOperator = (metric: string, more = ''): string =>
  `${metric}{namespace="${OPERATOR.namespace}",job="${OPERATOR.job}",pod="operator-1"${more === '' ? '' : `,${more}`}}`

function server(ordinal: number): Series {
  return {
    [ofServer('up', ordinal)]: steady(1),
    [ofServer('recado_server_coordinator', ordinal)]: steady(ordinal === 0 ? 1 : 0),
    [ofServer('recado_disk_free_bytes', ordinal)]: steady(60),
    [ofServer('recado_disk_size_bytes', ordinal)]: steady(100),
    [ofServer('recado_disk_low', ordinal)]: steady(0),
    [ofServer('recado_clock_offset_seconds', ordinal)]: steady(ordinal / 100),
    [ofServer('recado_requests_total', ordinal, 'service="publish",code="ok"')]: rising(3000),
    [ofRef('recado_ref_server_state', ordinal, 'state="up"')]: steady(1),
    [ofRef('recado_ref_server_state', ordinal, 'state="down"')]: steady(0),
    [ofRef('recado_ref_server_lag_operations', ordinal)]: steady(20),
  }
}

export const HEALTHY: Series = {
  ...server(0),
  ...server(1),
  ...server(2),
  [of('ref', 'up')]: steady(1),
  [of('ref', 'recado_ref_epoch')]: steady(3),
  [of('broker', 'up')]: steady(1),
  [of('broker', 'recado_broker_servers')]: steady(3),
  // What other roles do not do they tell as zero.
  [of('proxy', 'recado_broker_servers')]: steady(0),
  [of('proxy', 'recado_disk_free_bytes')]: steady(0),
  [of('proxy', 'recado_disk_size_bytes')]: steady(0),
  [of('client', 'recado_clock_offset_seconds')]: steady(0),
  [of('client', 'recado_client_findings_total', 'kind="order"')]: steady(0),
  [ofOperator('up')]: steady(1),
  [ofOperator('recado_operator_leader')]: steady(1),
  [ofOperator('recado_operator_reconciles_total', 'result="success"')]: rising(1),
  [ofOperator('recado_operator_reconciles_total', 'result="error"')]: steady(2),
  [ofOperator('recado_operator_oldest_success_timestamp_seconds')]: rising(30),
  [ofOperator('recado_operator_requests_total', 'verb="apply",code="200"')]: rising(5),
  [ofOperator('recado_operator_requests_total', 'verb="get",code="403"')]: steady(0),
}
