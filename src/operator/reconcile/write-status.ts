import type { KubeObject } from '../../ports/index.ts'
import type { ClusterStatus, Condition } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { isSecured } from '../resources/index.ts'
import {
  compareStatus,
  countPods,
  type EventReason,
  type KeysFacts,
  type StatusFacts,
  statusOf,
  undated,
} from '../status/index.ts'
import { unreadLong } from './nudge.ts'
import { type ClusterMemory, lookAgain, type Pass, WATCH_MS } from './pass.ts'
import { rolloutFacts } from './roll.ts'
import type { ReconcilerOptions } from './types.ts'

/** Lags change all the time: they are written so often at most. */
const LAG_MS = 10_000
/** How long an operator that has just begun waits for ref's answer before it says that there is none. */
const FIRST_VIEW_MS = 6000

/** Writes what the pass found, when it differs from what the resource says. */
export async function writeClusterStatus(pass: Pass): Promise<void> {
  const { options, cluster, memory } = pass
  const facts = statusFacts(pass)
  const isNew = options.time.monotonic() - memory.since < FIRST_VIEW_MS
  if (facts.view === undefined) lookAgain(pass, FIRST_VIEW_MS)
  // What another operator wrote a moment ago is truer than that this one has asked nobody yet.
  if (facts.view === undefined && isNew && cluster.status?.observedGeneration === cluster.metadata.generation)
    return
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
  if (since < WATCH_MS && compareStatus(undated(status), undated(memory.status)) === 'same')
    return WATCH_MS - since
  const { name, namespace } = resource.metadata
  await api.applyStatus(KINDS.messagingCluster, {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    status,
  })
  announce(options, resource, memory.status ?? (resource['status'] as ClusterStatus | undefined), status)
  memory.statusAt = now
  memory.status = status
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
    keys: isSecured(cluster) ? keysFacts(pass) : undefined,
    counts: countPods(cluster.spec, observed, revision),
    now: options.time.wall(),
  }
}

function keysFacts(pass: Pass): KeysFacts {
  const { memory, rotation, keysProblem } = pass
  const state = memory.keys.keyring?.state
  const step = state?.rotation?.step
  const why = rotation.step === 'wait' ? rotation.why : `step ${step} of 3 is on its way`
  return {
    state,
    rotation: step === undefined ? undefined : why,
    problem: keysProblem,
    unread: unreadLong(pass),
  }
}

/** Says what people would otherwise have to look for. */
function announce(
  { events }: ReconcilerOptions,
  resource: KubeObject,
  former: ClusterStatus | undefined,
  status: ClusterStatus,
): void {
  const find = (conditions: ClusterStatus['conditions'], type: string): Condition | undefined => {
    return conditions?.find((each) => each.type === type)
  }
  const say = (type: 'Normal' | 'Warning', reason: EventReason, note: string): void => {
    events.record(resource, { type, reason, action: 'Judge', note })
  }
  const [ready, wasReady] = [find(status.conditions, 'Ready'), find(former?.conditions, 'Ready')]
  if (ready?.status === 'True' && wasReady?.status !== 'True') say('Normal', 'Ready', ready.message)
  const [bad, wasBad] = [find(status.conditions, 'Degraded'), find(former?.conditions, 'Degraded')]
  if (bad?.status === 'True' && (wasBad?.status !== 'True' || wasBad.reason !== bad.reason)) {
    say('Warning', 'Degraded', `${bad.reason}: ${bad.message}`)
  }
  if (bad?.status === 'False' && wasBad?.status === 'True') say('Normal', 'Recovered', bad.message)
}
