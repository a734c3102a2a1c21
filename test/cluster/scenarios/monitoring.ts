import { KINDS } from '../../../src/operator/kinds.ts'
import { until } from '../../support/load.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { isReady, OPERATOR_NAMESPACE } from '../support/chart.ts'
import { MONITORING_DEFINITIONS, Prometheus } from '../support/prometheus.ts'
import { Stage } from '../support/stage.ts'
import { cutServersOff, machineOf, startApi } from './machine-faults.ts'

/** Alerts wait for so much of their usual time. */
const DELAY_PERCENT = 5
const HEALTHY_S = 45
const FOUND_MS = 90_000
const FIRES_MS = 60_000
/** A rule of rates looks back five minutes: so long it tells of a fault that is over. */
const CLEARS_MS = 5 * 60_000 + FIRES_MS

const live: Scenario = {
  name: 'Prometheus',
  says: 'scrape all that the monitors select; no alert on a healthy cluster; freeze a server, ref, a broker, a proxy, all servers, the operators, cut servers off from each other, stop the API server, and see which alert fires',
  needs: ['machine'],
  deadlineMs: 1_800_000,
  run: watched,
}

async function watched(world: World): Promise<Findings> {
  const { kubernetes, release, tell } = world
  await kubernetes.apply(...MONITORING_DEFINITIONS)
  try {
    await kubernetes.kubectl(
      'wait',
      '--for=condition=Established',
      'crd/podmonitors.monitoring.coreos.com',
      '--timeout=20s',
    )
    await release.install({
      operator: { resyncMs: 10_000 },
      monitoring: { alertDelayPercent: DELAY_PERCENT },
    })
    const stage = await world.stage({
      clients: { replicas: 1, rate: 20 },
      monitoring: { interval: '5s', alertDelayPercent: DELAY_PERCENT },
    })
    await stage.settled()
    await monitorsAre(world, stage)
    const prometheus = await Prometheus.start(kubernetes, [stage.namespace, OPERATOR_NAMESPACE])
    try {
      return await observed(world, stage, prometheus)
    } finally {
      prometheus.close()
    }
  } finally {
    tell('removes the monitoring definitions')
    // Helm cannot go on from a release that holds objects of kinds which are gone.
    await release.install({ monitoring: { serviceMonitor: 'never', rules: 'never' } })
    for (const kind of ['podMonitor', 'serviceMonitor', 'prometheusRule'] as const) {
      const { plural } = KINDS[kind]
      await kubernetes.kubectl('delete', 'crd', `${plural}.monitoring.coreos.com`, '--timeout=30s')
    }
  }
}

async function monitorsAre({ kubernetes }: World, stage: Stage): Promise<void> {
  await until(FOUND_MS, async () => {
    const found = [
      ...(await kubernetes.list(KINDS.podMonitor, stage.namespace)),
      ...(await kubernetes.list(KINDS.prometheusRule, stage.namespace)),
      ...(await kubernetes.list(KINDS.serviceMonitor, OPERATOR_NAMESPACE)),
      ...(await kubernetes.list(KINDS.prometheusRule, OPERATOR_NAMESPACE)),
    ]
    return (
      found.length === 4 ||
      `there are ${found.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')}`
    )
  })
}

async function observed(world: World, stage: Stage, prometheus: Prometheus): Promise<Findings> {
  const broken: string[] = []
  const seen: string[] = []
  const pods = [
    ...(await world.kubernetes.list(KINDS.pod, stage.namespace)),
    ...(await world.release.pods()),
  ].filter(isReady)
  const wanted = pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).toSorted()
  await until(FOUND_MS, async () => {
    const up = await prometheus.up()
    return up.join() === wanted.join() || `scraped: ${up.join(', ')}; wanted: ${wanted.join(', ')}`
  })
  seen.push(`${wanted.length} pods scraped`)
  world.tell('a healthy cluster')
  await Stage.lasting(HEALTHY_S)
  const early = await prometheus.firing()
  if (early.length > 0) broken.push(`fires on a healthy cluster: ${early.join(', ')}`)
  for (const fault of FAULTS) {
    world.tell(fault.says)
    try {
      const undo = await fault.begin(world, stage)
      try {
        await until(FIRES_MS, async () => {
          const firing = await prometheus.firing()
          const lacks = fault.alerts.filter((alert) => !firing.includes(alert))
          return lacks.length === 0 || `does not fire: ${lacks.join(', ')}; fires: ${firing.join(', ')}`
        })
        seen.push(`${fault.says}: ${fault.alerts.join(', ')}`)
      } finally {
        await undo()
      }
    } catch (error) {
      broken.push(`${fault.says}: ${String(error)}`)
    }
    await stage.settled()
    await until(CLEARS_MS, async () => {
      const firing = await prometheus.firing()
      return firing.length === 0 || `still fires: ${firing.join(', ')}`
    }).catch((error: unknown) => broken.push(`after ${fault.says}: ${String(error)}`))
  }
  return { seen, broken }
}

interface Fault {
  readonly says: string
  readonly alerts: readonly string[]
  /** Breaks something; what it gives mends it. */
  begin(world: World, stage: Stage): Promise<() => Promise<void>>
}

type PodName = readonly [namespace: string, name: string]

const FAULTS: readonly Fault[] = [
  {
    says: 'a server is frozen',
    alerts: ['RecadoServerDown', 'RecadoProcessUnreachable'],
    begin: (world, stage) => freeze(world, [[stage.namespace, stage.server(2)]]),
  },
  {
    says: 'ref is frozen',
    alerts: ['RecadoRefAbsent'],
    begin: async (world, stage) => freeze(world, named(stage.namespace, await stage.pods('ref'))),
  },
  {
    says: 'a broker is frozen',
    alerts: ['RecadoProcessUnreachable'],
    begin: async (world, stage) => freeze(world, first(named(stage.namespace, await stage.pods('broker')))),
  },
  {
    says: 'a proxy is frozen',
    alerts: ['RecadoProcessUnreachable'],
    begin: async (world, stage) => freeze(world, first(named(stage.namespace, await stage.pods('proxy')))),
  },
  {
    says: 'all servers are frozen',
    alerts: ['RecadoNoCoordinator', 'RecadoBrokerWithoutServers'],
    begin: async (world, stage) => freeze(world, named(stage.namespace, await stage.pods('server'))),
  },
  {
    says: 'servers are cut off from each other',
    alerts: ['RecadoRequestsUnavailable'],
    begin: (world, stage) => cutServersOff(machineOf(world), stage),
  },
  {
    says: 'both operators are frozen',
    alerts: ['RecadoOperatorDown'],
    begin: async (world) => freeze(world, named(OPERATOR_NAMESPACE, await world.release.pods())),
  },
  {
    says: 'the API server is stopped',
    alerts: ['RecadoOperatorWithoutLeader'],
    begin: stopApi,
  },
]

function named(namespace: string, pods: readonly { metadata: { name: string } }[]): PodName[] {
  return pods.map(({ metadata }) => [namespace, metadata.name])
}

function first(pods: readonly PodName[]): readonly PodName[] {
  return pods.slice(0, 1)
}

async function freeze(world: World, pods: readonly PodName[]): Promise<() => Promise<void>> {
  const places = await Promise.all(
    pods.map(([namespace, name]) => new Stage(world.kubernetes, namespace).placeOf(name)),
  )
  const signal = async (which: NodeJS.Signals): Promise<void> => {
    for (const { node, container } of places) await machineOf(world).signal(node, container, which)
  }
  await signal('SIGSTOP')
  return () => signal('SIGCONT')
}

async function stopApi(world: World): Promise<() => Promise<void>> {
  await machineOf(world).stop('apiserver')
  return () => startApi(world)
}

export const monitoring: Group = { title: 'Observing', scenarios: [live] }
