import type { KubeObject } from '../../ports/index.ts'
import type { ClusterStatus, ConditionType, MessagingCluster } from '../api/index.ts'
import { canonicalJson } from '../canonical.ts'
import { selectorLabels, selectorText } from '../names.ts'
import { imageOf } from '../reconcile/images.ts'
import { clientAddresses } from '../resources/index.ts'
import { conditionsOf } from './conditions.ts'
import { degraded } from './degraded.ts'
import type { StatusFacts } from './facts.ts'
import { roundedLag } from './lag.ts'
import { paused } from './paused.ts'
import { progressing } from './progressing.ts'
import { ready } from './ready.ts'
import type { Verdict } from './reasons.ts'
import { warning } from './warning.ts'

const MEMBERS_MAX = 64

/** In the order in which they are shown. */
const CONDITIONS: readonly (readonly [ConditionType, (facts: StatusFacts) => Verdict])[] = [
  ['Ready', ready],
  ['Progressing', progressing],
  ['Degraded', degraded],
  ['Paused', paused],
  ['Warning', warning],
]

/** The status of a cluster: a pure function of what was found, and of when each condition last changed. */
export function statusOf(cluster: MessagingCluster, facts: StatusFacts): ClusterStatus {
  const { generation, name } = cluster.metadata
  const { view, observed, counts, spec } = facts
  const verdicts = CONDITIONS.map(([type, judge]): [ConditionType, Verdict] => [type, judge(facts)])
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: conditionsOf(verdicts, cluster, facts.now),
    selector: selectorText(selectorLabels(name, 'server')),
    servers: {
      replicas: observed.pods.filter(({ component }) => component === 'server').length,
      ...counts.server,
      ...(view === undefined ? keptMembers(cluster) : { members: membersOf(view.servers) }),
    },
    brokers: counts.broker,
    proxies: counts.proxy,
    ref: counts.ref,
    ...(spec.clients.replicas > 0 && { clients: counts.client }),
    ...coordinatorOf(cluster, facts),
    ...keysOf(cluster, facts),
    ...versionOf(observed.statefulSet),
    endpoints: clientAddresses(cluster),
  }
}

/** The status of a resource that cannot be read. */
export function invalidStatus(resource: KubeObject, message: string, now: number): ClusterStatus {
  const verdict = (status: Verdict['status']): Verdict => ({ status, reason: 'InvalidSpec', message })
  const verdicts: [ConditionType, Verdict][] = [
    ['Ready', verdict('False')],
    ['Degraded', verdict('True')],
  ]
  const former = (resource['status'] ?? {}) as ClusterStatus
  const { generation } = resource.metadata
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: conditionsOf(verdicts, { ...resource, status: former }, now),
  }
}

/** Whether two statuses say the same, and whether they do but for what changes all the time. */
export function compareStatus(a: unknown, b: unknown): 'same' | 'lags differ' | 'differ' {
  if (canonicalJson(a) === canonicalJson(b)) return 'same'
  return canonicalJson(a, 'lag') === canonicalJson(b, 'lag') ? 'lags differ' : 'differ'
}

type Members = NonNullable<NonNullable<ClusterStatus['servers']>['members']>

function membersOf(servers: NonNullable<StatusFacts['view']>['servers']): Members {
  return servers.slice(0, MEMBERS_MAX).map(({ name, rank, state, lag }) => ({
    name,
    ...(rank > 0 && { rank }),
    state,
    ...(state !== 'removed' && { lag: roundedLag(lag) }),
  }))
}

/** What is known of the servers while ref cannot be asked: their names and ranks. */
function keptMembers({ status }: MessagingCluster): { members?: Members } {
  const members = status?.servers?.members
  if (members === undefined) return {}
  return {
    members: members.map(({ name, rank, state }) => ({
      name,
      ...(rank !== undefined && { rank }),
      state: state === 'removed' ? state : ('unknown' as const),
    })),
  }
}

function coordinatorOf({ status }: MessagingCluster, { view }: StatusFacts): Partial<ClusterStatus> {
  if (view === undefined) return status?.epoch === undefined ? {} : { epoch: status.epoch }
  return { ...(view.coordinator !== '' && { coordinator: view.coordinator }), epoch: view.epoch }
}

function keysOf({ status }: MessagingCluster, { keys }: StatusFacts): Partial<ClusterStatus> {
  if (keys === undefined) return {}
  if (keys.state === undefined) return status?.keys === undefined ? {} : { keys: status.keys }
  const { generation, rotated, rotatedAt } = keys.state
  return {
    keys: {
      generation,
      ...(keys.rotation !== undefined && { rotation: keys.rotation }),
      ...(rotated !== null && { rotated }),
      ...(rotatedAt !== null && { rotatedAt }),
    },
  }
}

function versionOf(statefulSet: KubeObject | undefined): Partial<ClusterStatus> {
  const image = imageOf(statefulSet)
  if (image === undefined) return {}
  const [name = '', digest] = image.split('@')
  const last = name.slice(name.lastIndexOf('/') + 1)
  return { version: last.includes(':') ? last.slice(last.indexOf(':') + 1) : (digest ?? 'latest') }
}
