import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { DASHBOARDS } from '../../../hack/chart/dashboards.ts'
import { openDealer } from '../../../src/adapters/zeromq/index.ts'
import { connect } from '../../../src/client/index.ts'
import { clusterAlerts, rulesSpec } from '../../../src/operator/resources/rules.ts'
import { METRICS } from '../../../src/ports/index.ts'
import { CLIENT_LIMITS } from '../../../src/wire/index.ts'
import { startSystem, type TestSystem } from '../../support/system.ts'
import { find, need } from '../tools.ts'
import { Prometheus, type Target } from './prometheus.ts'

const [NAMESPACE, CLUSTER] = ['shop', 'orders']
const JOB = `${NAMESPACE}/${CLUSTER}`
/** Alerts wait a twentieth of what they usually do. */
const DELAY_PERCENT = 5
const queriesOf = (dashboard: string) =>
  (DASHBOARDS.find(({ uid }) => uid === dashboard)?.rows ?? []).flatMap(({ title, panels }) =>
    panels.flatMap((panel) => panel.queries.map(({ expr }) => [`${title} / ${panel.title}`, expr] as const)),
  )
const QUERIES = queriesOf('recado-cluster')

const command = find('prometheus')
let system: TestSystem
let started: Prometheus | undefined

function targetsOf({ processes, ports }: TestSystem): Target[] {
  return processes.map(({ name }, at) => ({
    address: `127.0.0.1:${ports.http[at]}`,
    job: JOB,
    // As a PodMonitor's: the pod's name, and its container's, which is the component.
    labels: { namespace: NAMESPACE, pod: name, container: name.replace(/-\d+$/, '') },
  }))
}

function asked(context: TestContext): Prometheus {
  need(command, context)
  return started as Prometheus
}

beforeAll(async () => {
  if ('missing' in command) return
  system = await startSystem({ servers: 3, clients: 2 })
  await system.ready()
  await provoke()
  const rules = rulesSpec([clusterAlerts(NAMESPACE, CLUSTER)], DELAY_PERCENT)
  started = await Prometheus.start(command.command, targetsOf(system), rules)
}, 90_000)

afterAll(async () => {
  await started?.stop()
  await system?.stop()
})

describe('a system that Prometheus scrapes', () => {
  it('sets off no alert while it is healthy, though every alert had the time', async (context) => {
    const { until, query, alerts } = bound(asked(context))
    const slowest = Math.max(...clusterAlerts(NAMESPACE, CLUSTER).alerts.map(({ forSeconds }) => forSeconds))
    const seconds = Math.ceil((slowest * DELAY_PERCENT) / 100) + 3
    await until('every target was scraped for long enough', async () => {
      const scraped = await query(`count(count_over_time(up{job="${JOB}"}[${seconds}s]) >= ${seconds - 1})`)
      return scraped[0]?.value === system.processes.length || undefined
    })

    expect(await alerts(['firing', 'pending'])).toEqual([])
  }, 90_000)

  it.for(QUERIES)('answers the query of %s: %s', async ([, expr], context) => {
    const { until, query } = bound(asked(context))
    const concrete = expr.replaceAll('$job', JOB).replaceAll('$__rate_interval', '30s')
    const samples = await until(`something for ${concrete}`, async () => {
      const found = await query(concrete)
      return found.some(({ value }) => !Number.isNaN(value)) ? found : undefined
    })

    expect(samples.length).toBeGreaterThan(0)
  })

  it.for(queriesOf('recado-operator'))('takes the query of %s: %s', async ([, expr], context) => {
    const concrete = expr.replaceAll('$job', JOB).replaceAll('$__rate_interval', '30s')
    const names = (expr.match(/recado_\w+/g) ?? []).map((name) => name.replace(/_bucket$/, ''))

    await expect(asked(context).query(concrete)).resolves.toBeInstanceOf(Array)
    expect(names.filter((name) => !(name in METRICS))).toEqual([])
  })

  it('sets off the alert of a server that is killed, and no more once it is back', async (context) => {
    const { until, alerts } = bound(asked(context))
    await system.process('server-3').kill()

    const firing = await until('RecadoServerDown', async () => {
      const names = await alerts()
      return names.includes('RecadoServerDown') ? names : undefined
    })
    expect(firing).toEqual(['RecadoProcessUnreachable', 'RecadoServerDown'])

    system.process('server-3').start()
    await until('nothing fires', async () => ((await alerts()).length === 0 ? true : undefined))
  }, 150_000)
})

/** What a healthy system never shows: an error of a server, and one of a broker. */
async function provoke(): Promise<void> {
  const client = await connect({ broker: system.brokerAddress, user: 'observer' })
  await expect(client.publish('nowhere', 'hello')).rejects.toMatchObject({ code: 'unknown_channel' })
  await client.close()
  const dealer = openDealer(system.brokerAddress)
  const refused = new Promise((resolve) => {
    dealer.receive(resolve)
  })
  dealer.send([new Uint8Array(), new Uint8Array(CLIENT_LIMITS.frameBytes + 1)])
  await refused
  await dealer.close()
}

function bound(prometheus: Prometheus) {
  return {
    until: prometheus.until.bind(prometheus),
    query: prometheus.query.bind(prometheus),
    alerts: prometheus.alerts.bind(prometheus),
  }
}
