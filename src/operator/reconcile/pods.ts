import type { KubeObject } from '../../ports/index.ts'
import { COMPONENTS, type Component } from '../names.ts'
import { parseTimestamp } from '../timestamps.ts'

/** A pod as the operator's judgements see it. */
export interface PodFacts {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly component: Component
  readonly ip: string
  readonly node: string
  /** The template that it was made of: of a StatefulSet's pods. */
  readonly revision: string
  readonly ready: boolean
  /** Whether its container runs, ready or not. */
  readonly running: boolean
  readonly terminating: boolean
  /** Wall ms; 0 when the object does not say. */
  readonly createdAt: number
  /** Wall ms since which it is as ready, or not, as it is. */
  readonly readyChangedAt: number
  /** Wall ms at which a terminating pod should have been gone. */
  readonly dueAt: number | undefined
  /** Why Kubernetes says it is not ready: `Unknown` of the node's own silence. */
  readonly readyStatus: string
  readonly object: KubeObject
}

interface PodStatus {
  readonly phase?: string
  readonly podIP?: string
  readonly conditions?: readonly PodCondition[]
  readonly containerStatuses?: readonly ContainerStatus[]
}

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

interface ContainerState {
  readonly running?: unknown
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly terminated?: { readonly reason?: string; readonly message?: string; readonly exitCode?: number }
}

export function podStatus(object: KubeObject): PodStatus {
  return object['status'] ?? {}
}

export function podCondition(object: KubeObject, type: string): PodCondition | undefined {
  return podStatus(object).conditions?.find((each) => each.type === type)
}

export function containerStatus(object: KubeObject): ContainerStatus | undefined {
  return podStatus(object).containerStatuses?.[0]
}

/** Undefined for pods of none of our components. */
export function podFacts(object: KubeObject): PodFacts | undefined {
  const { metadata } = object
  const component = COMPONENTS.find((each) => each === metadata.labels?.['app.kubernetes.io/component'])
  if (component === undefined || metadata.uid === undefined) return undefined
  const { phase, podIP } = podStatus(object)
  const ready = podCondition(object, 'Ready')
  const ended = phase === 'Failed' || phase === 'Succeeded'
  const createdAt = parseTimestamp(metadata.creationTimestamp) ?? 0
  const spec = (object['spec'] ?? {}) as { nodeName?: string }
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    uid: metadata.uid,
    component,
    ip: podIP ?? '',
    node: spec.nodeName ?? '',
    revision: metadata.labels?.['controller-revision-hash'] ?? '',
    ready: ready?.status === 'True' && !ended,
    running: containerStatus(object)?.state?.running !== undefined && !ended,
    // A pod that ended never comes back: whoever owns it makes another.
    terminating: metadata.deletionTimestamp !== undefined || ended,
    createdAt,
    readyChangedAt: parseTimestamp(ready?.lastTransitionTime) ?? createdAt,
    dueAt: parseTimestamp(metadata.deletionTimestamp),
    readyStatus: ready?.status ?? 'False',
    object,
  }
}
