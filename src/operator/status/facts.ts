import type { KubeObject } from '../../ports/index.ts'
import type { ClusterSpec } from '../api/index.ts'
import type { RefView } from '../membership/index.ts'
import type { Component } from '../names.ts'
import type { KeysProblem } from '../reconcile/keys.ts'
import type { Observed } from '../reconcile/observe.ts'
import type { Failure } from '../reconcile/pass.ts'
import type { RolloutStep } from '../reconcile/rollout.ts'
import type { ScaleDecision } from '../reconcile/scale.ts'
import type { KeyState } from '../security/index.ts'

/** All that the conditions are judged by. */
export interface StatusFacts {
  readonly spec: ClusterSpec
  readonly observed: Observed
  readonly scale: ScaleDecision
  /** Names of the servers that there shall be. */
  readonly wanted: readonly string[]
  readonly rollout: RolloutStep
  readonly view: RefView | undefined
  readonly failures: readonly Failure[]
  /** The API server's words on volumes that may not grow. */
  readonly growth: string | undefined
  /** Of a secured cluster. */
  readonly keys: KeysFacts | undefined
  readonly counts: Readonly<Record<Component, Counts>>
  /** Wall ms. */
  readonly now: number
}

export interface KeysFacts {
  /** Undefined while they cannot be had. */
  readonly state: KeyState | undefined
  /** What the rotation that is under way waits for. */
  readonly rotation: string | undefined
  readonly problem: KeysProblem | undefined
  /** Pods that should have read the keys of now long ago. */
  readonly unread: readonly string[]
}

export interface Counts {
  readonly desired: number
  readonly ready: number
  readonly updated: number
}

interface WorkloadStatus {
  readonly observedGeneration?: number
  readonly readyReplicas?: number
  readonly updatedReplicas?: number
  readonly replicas?: number
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[]
}

/** The pods of each component: how many there should be, are ready, are of the newest template. */
export function countPods(
  spec: ClusterSpec,
  observed: Observed,
  revision: string | undefined,
): Readonly<Record<Component, Counts>> {
  const servers = observed.pods.filter(({ component, terminating }) => component === 'server' && !terminating)
  const { deployments } = observed
  return {
    server: {
      desired: spec.servers.replicas,
      ready: servers.filter(({ ready }) => ready).length,
      updated: servers.filter((pod) => pod.revision === revision).length,
    },
    ref: countDeployment(deployments.ref, 1),
    broker: countDeployment(deployments.broker, spec.brokers.replicas),
    proxy: countDeployment(deployments.proxy, spec.proxies.replicas),
    client: countDeployment(deployments.client, spec.clients.replicas),
  }
}

/** A Deployment whose newest pods do not become ready: its name, and Kubernetes' words. */
export function stalledDeployment({ deployments }: Observed): string | undefined {
  for (const deployment of Object.values(deployments)) {
    const { conditions = [] } = (deployment?.['status'] ?? {}) as WorkloadStatus
    const late = conditions.find(
      (each) => each.type === 'Progressing' && each.reason === 'ProgressDeadlineExceeded',
    )
    if (late?.status === 'False')
      return `${deployment?.metadata.name}: ${late.message ?? 'its pods do not become ready'}`
  }
  return undefined
}

export function countDeployment(deployment: KubeObject | undefined, desired: number): Counts {
  const status = (deployment?.['status'] ?? {}) as WorkloadStatus
  const isSeen = status.observedGeneration === deployment?.metadata.generation
  return { desired, ready: status.readyReplicas ?? 0, updated: isSeen ? (status.updatedReplicas ?? 0) : 0 }
}
