import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { stringify } from 'yaml'
import { clusterAlerts, operatorAlerts, rulesSpec } from '../../../src/operator/resources/rules.ts'
import { METRICS } from '../../../src/ports/index.ts'
import { attempt, find, need } from '../tools.ts'
import {
  CLUSTER,
  HEALTHY,
  NAMESPACE,
  OPERATOR,
  of,
  ofOperator,
  ofRef,
  ofServer,
  rising,
  type Series,
  steady,
} from './series.ts'

const promtool = find('promtool')
const GROUPS = [clusterAlerts(NAMESPACE, CLUSTER), operatorAlerts(OPERATOR.namespace, OPERATOR.job)]
const ALERTS = GROUPS.flatMap(({ alerts }) => alerts)
const INTERVAL = '30s'
let folder: string

interface Fault {
  readonly alert: string
  /** What is other than in a healthy cluster; no values: the series is not there. */
  readonly change: Readonly<Record<string, string | undefined>>
  /** When it is asked: by then it fires, and not one interval after the fault began. */
  readonly at: string
  /** Others that the same fault sets off. */
  readonly also?: readonly string[]
}

const gone = (metric: RegExp): Record<string, undefined> =>
  Object.fromEntries(
    Object.keys(HEALTHY)
      .filter((name) => metric.test(name))
      .map((name) => [name, undefined]),
  )

const FAULTS: readonly Fault[] = [
  { alert: 'RecadoServerDown', at: '3m', change: down(1) },
  {
    alert: 'RecadoServerLagging',
    at: '6m',
    change: { [ofRef('recado_ref_server_lag_operations', 1)]: steady(5000) },
  },
  {
    alert: 'RecadoNoCoordinator',
    at: '2m',
    change: { [ofServer('recado_server_coordinator', 0)]: steady(0) },
  },
  { alert: 'RecadoRefAbsent', at: '6m', change: gone(/container="ref"/) },
  {
    alert: 'RecadoRequestsUnavailable',
    at: '4m',
    change: { [ofServer('recado_requests_total', 0, 'service="publish",code="unavailable"')]: rising(100) },
  },
  {
    alert: 'RecadoBrokerWithoutServers',
    at: '3m',
    change: { [of('broker', 'recado_broker_servers')]: steady(0) },
  },
  { alert: 'RecadoProcessUnreachable', at: '3m', change: { [of('broker', 'up')]: steady(0) } },
  {
    alert: 'RecadoPromiseBroken',
    at: '1m',
    change: { [of('client', 'recado_client_findings_total', 'kind="order"')]: '0 1x80' },
  },
  { alert: 'RecadoDiskFilling', at: '6m', change: { [ofServer('recado_disk_free_bytes', 2)]: steady(12) } },
  {
    alert: 'RecadoDiskFull',
    at: '1m',
    change: {
      [ofServer('recado_disk_free_bytes', 2)]: steady(9),
      [ofServer('recado_disk_low', 2)]: steady(1),
    },
  },
  {
    alert: 'RecadoClocksApart',
    at: '6m',
    change: { [ofServer('recado_clock_offset_seconds', 2)]: steady(-0.7) },
  },
  {
    alert: 'RecadoOperatorDown',
    at: '6m',
    change: gone(/operator-1/),
  },
  {
    alert: 'RecadoOperatorWithoutLeader',
    at: '3m',
    change: { [ofOperator('recado_operator_leader')]: steady(0) },
  },
  {
    alert: 'RecadoOperatorErrors',
    at: '12m',
    change: { [ofOperator('recado_operator_reconciles_total', 'result="error"')]: rising(1) },
  },
  {
    alert: 'RecadoOperatorBehind',
    at: '18m',
    change: { [ofOperator('recado_operator_oldest_success_timestamp_seconds')]: steady(1) },
  },
  {
    alert: 'RecadoOperatorRefused',
    at: '7m',
    change: { [ofOperator('recado_operator_requests_total', 'verb="get",code="403"')]: rising(1) },
  },
]

function down(ordinal: number): Series {
  return {
    [ofRef('recado_ref_server_state', ordinal, 'state="up"')]: steady(0),
    [ofRef('recado_ref_server_state', ordinal, 'state="down"')]: steady(1),
    // Nobody is told twice: what is down lags too.
    [ofRef('recado_ref_server_lag_operations', ordinal)]: steady(90_000),
  }
}

/** What promtool says when just these alerts shall fire at these times: nothing is wrong when it is a success. */
function verdict(
  context: TestContext,
  change: Fault['change'],
  firing: Readonly<Record<string, readonly string[]>>,
): string {
  const series = Object.entries({ ...HEALTHY, ...change }).filter(([, values]) => values !== undefined)
  const test = {
    rule_files: ['rules.yaml'],
    evaluation_interval: INTERVAL,
    tests: [
      {
        interval: INTERVAL,
        input_series: series.map(([name, values]) => ({ series: name, values })),
        promql_expr_test: Object.entries(firing).map(([time, alerts]) => ({
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: time,
          exp_samples: alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
        })),
      },
    ],
  }
  const file = join(folder, 'test.yaml')
  writeFileSync(file, stringify(test))
  const { status, out, err } = attempt(need(promtool, context), ['test', 'rules', file])
  return status === 0 ? 'as it shall be' : out + err
}

describe('the rules for Prometheus', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'recado-rules-'))
    writeFileSync(join(folder, 'rules.yaml'), stringify(rulesSpec(GROUPS)))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('pass promtool check', (context) => {
    const { status, out } = attempt(need(promtool, context), ['check', 'rules', join(folder, 'rules.yaml')])

    expect({ status, out }).toMatchObject({
      status: 0,
      out: expect.stringContaining(`${ALERTS.length} rules found`),
    })
  })

  it('fire nothing in a healthy cluster, at its start and later', (context) => {
    expect(verdict(context, {}, { '1m': [], '5m': [], '20m': [], '39m': [] })).toBe('as it shall be')
  })

  it.for(FAULTS)(
    '$alert fires for its fault, and nothing else does',
    ({ alert, change, at, also = [] }, context) => {
      const own = ALERTS.find((each) => each.alert === alert)
      const early = (own?.forSeconds ?? 0) <= 30 ? '0s' : '30s'
      expect(verdict(context, change, { [early]: [], [at]: [alert, ...also] })).toBe('as it shall be')
    },
  )

  it('each have a fault here', () => {
    expect(ALERTS.map(({ alert }) => alert).toSorted()).toEqual(FAULTS.map(({ alert }) => alert).toSorted())
  })

  it('ask only for metrics of the catalogue', () => {
    const asked = ALERTS.flatMap(({ expr }) => expr.match(/recado_\w+/g) ?? [])

    expect([...new Set(asked)].filter((name) => !(name in METRICS))).toEqual([])
  })

  it('wait as much shorter as they are told', () => {
    const [group] = rulesSpec(GROUPS, 10).groups

    expect(group?.rules.find(({ alert }) => alert === 'RecadoServerDown')?.for).toBe('12s')
  })
})
