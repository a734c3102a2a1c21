import type { KubeObject } from '../../ports/index.ts'
import type { ClusterStatus, Condition } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { compareStatus, countPods, type EventReason, type StatusFacts, statusOf } from '../status/index.ts'
import { type ClusterMemory, lookAgain, type Pass } from './pass.ts'
import { rolloutFacts } from './roll.ts'
import type { ReconcilerOptions } from './types.ts'

/** Lags change all the time: they are written so often at most. */
const LAG_MS = 10_000
/** By when the watch has told of the status that was written last. */
const WATCH_MS = 5000

/** Writes what the pass found, when it differs from what the resource says. */
export async function writeClusterStatus(pass: Pass): Promise<void> {
  const { options, cluster, memory } = pass
  const facts = statusFacts(pass)
  const resource = options.cache.get(KINDS.messagingCluster, cluster.metadata) ?? cluster
  const status = statusOf(cluster, facts)
  const waitMs = await writeStatus(options, memory, resource, status)
  if (waitMs > 0) lookAgain(pass, waitMs)
}

/** Returns in how many ms to look again, 0 when all is said. @throws KubeError */
export async function writeStatus(
  options: ReconcilerOptions,
  memory: ClusterMemory,
  resource: KubeObject,
  status: ClusterStatus,
): Promise<number> {
  const { api, time } = options
  const now = time.monotonic()
  const difference = compareStatus(status, resource['status'])
  if (difference === 'same') return 0
  const since = now - memory.statusAt
  if (difference === 'lags differ' && since < LAG_MS) return LAG_MS - since
  // When a condition changed is as of now, and would tell two writings of the same apart.
  const text = JSON.stringify(status, (key, value: unknown) =>
    key === 'lastTransitionTime' ? undefined : value,
  )
  if (text === memory.status && since < WATCH_MS) return WATCH_MS - since
  const { name, namespace } = resource.metadata
  await api.applyStatus(KINDS.messagingCluster, {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    status,
  })
  memory.statusAt = now
  memory.status = text
  announce(options, resource, status)
  return 0
}

function statusFacts(pass: Pass): StatusFacts {
  const { cluster, observed, scale, rollout, memory, failures, options } = pass
  const { wanted, revision } = rolloutFacts(pass)
  return {
    spec: cluster.spec,
    observed,
    scale,
    wanted,
    rollout,
    view: memory.membership.view,
    failures,
    growth: memory.growth?.message,
    counts: countPods(cluster.spec, observed, revision),
    now: options.time.wall(),
  }
}

/** Says what people would otherwise have to look for. */
function announce({ events }: ReconcilerOptions, resource: KubeObject, status: ClusterStatus): void {
  const former = (resource['status'] as ClusterStatus | undefined)?.conditions
  const find = (conditions: ClusterStatus['conditions'], type: string): Condition | undefined => {
    return conditions?.find((each) => each.type === type)
  }
  const say = (type: 'Normal' | 'Warning', reason: EventReason, note: string): void => {
    events.record(resource, { type, reason, action: 'Judge', note })
  }
  const [ready, wasReady] = [find(status.conditions, 'Ready'), find(former, 'Ready')]
  if (ready?.status === 'True' && wasReady?.status !== 'True') say('Normal', 'Ready', ready.message)
  const [bad, wasBad] = [find(status.conditions, 'Degraded'), find(former, 'Degraded')]
  if (bad?.status === 'True' && (wasBad?.status !== 'True' || wasBad.reason !== bad.reason)) {
    say('Warning', 'Degraded', `${bad.reason}: ${bad.message}`)
  }
  if (bad?.status === 'False' && wasBad?.status === 'True') say('Normal', 'Recovered', bad.message)
}
