import { containerStatus, type PodFacts, podCondition } from '../reconcile/pods.ts'
import type { ReasonName } from './reasons.ts'

/** Beyond its grace, a terminating pod that is still there has a node that does not answer. */
const OVERDUE_MS = 30_000
/** A node's own silence is told by Kubernetes after 40 s; the scheduler and volumes get a moment. */
const PENDING_MS = 10_000

export interface Problem {
  readonly reason: ReasonName
  readonly message: string
}

/** The container's words for which people look, each a reason of its own. */
const WAITING = new Set<string>([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CrashLoopBackOff',
])
const NOT_STARTED = new Set<string>([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
])

/** What is wrong with a pod, if anything is and a person can do something about it. */
export function problemOf(pod: PodFacts, now: number): Problem | undefined {
  return (
    goneNode(pod, now) ?? (pod.ready || pod.terminating ? undefined : (waiting(pod) ?? pending(pod, now)))
  )
}

function goneNode(
  { name, node, dueAt, readyStatus, terminating, object }: PodFacts,
  now: number,
): Problem | undefined {
  const lost = podCondition(object, 'Ready')?.reason === 'NodeLost' || isTakenForLost(object)
  const overdue = terminating && dueAt !== undefined && now - dueAt >= OVERDUE_MS
  if (node === '' || !(overdue || readyStatus === 'Unknown' || lost)) return undefined
  const command = `kubectl taint nodes ${node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`
  return {
    reason: 'NodeGone',
    message: `${name} is on node ${node}, which is silent; if it is really off: ${command}`,
  }
}

/**
 * When a node falls silent, Kubernetes says of each of its pods that it is not ready and leaves the rest as the node told it
 * last. A kubelet itself never calls a pod unready whose containers all are ready: ours have no gates of their own.
 */
function isTakenForLost(object: PodFacts['object']): boolean {
  return (
    podCondition(object, 'Ready')?.status === 'False' &&
    podCondition(object, 'ContainersReady')?.status === 'True'
  )
}

function waiting({ name, object }: PodFacts): Problem | undefined {
  const status = containerStatus(object)
  const { reason = '', message = '' } = status?.state?.waiting ?? {}
  if (reason === 'CrashLoopBackOff') {
    const last = status?.lastState?.terminated
    const words = (last?.message ?? '').trim()
    const exit =
      last === undefined
        ? ''
        : ` with exit code ${last.exitCode}${last.reason === 'OOMKilled' ? ' (out of memory)' : ''}`
    return {
      reason,
      message: `${name} ended ${status?.restartCount ?? 0} times, last${exit}${words === '' ? '' : `: ${words}`}`,
    }
  }
  if (WAITING.has(reason)) return { reason: reason as ReasonName, message: `${name}: ${message || reason}` }
  if (NOT_STARTED.has(reason))
    return { reason: 'ContainerNotStarted', message: `${name}: ${message || reason}` }
  return undefined
}

function pending(pod: PodFacts, now: number): Problem | undefined {
  const scheduled = podCondition(pod.object, 'PodScheduled')
  if (scheduled?.status !== 'False' || now - pod.createdAt < PENDING_MS) return undefined
  const words = scheduled.message ?? ''
  const reason = /persistentvolumeclaim|volume/i.test(words) ? 'VolumeUnbound' : 'Unschedulable'
  return { reason, message: `${pod.name}: ${words || 'no node takes it'}` }
}
