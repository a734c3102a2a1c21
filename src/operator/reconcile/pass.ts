import type { KubeError } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import type { Membership } from '../membership/index.ts'
import type { RenderContext } from '../resources/index.ts'
import type { Observed } from './observe.ts'
import type { RolloutStep } from './rollout.ts'
import type { ScaleDecision } from './scale.ts'
import type { ReconcilerOptions } from './types.ts'

/** What could not be done in a pass. */
export interface Failure {
  readonly step: string
  readonly error: KubeError
}

/** What is remembered of a cluster from pass to pass. An operator that starts knows none of it, and does without. */
export interface ClusterMemory {
  readonly membership: Membership
  /** What was applied to which child, as long as the watch may not have told of it. */
  readonly applied: Map<string, { readonly hash: string; readonly at: number }>
  /** Differences that stay after an object was applied: the API server writes it its own way. */
  readonly excused: Map<string, ReadonlySet<string>>
  /** The API server's words on a volume that may not grow, until it is tried again. */
  growth: { readonly size: string; readonly message: string; readonly at: number } | undefined
  /** Monotonic ms. */
  statusAt: number
  status: string
}

/** One pass over one cluster: what is known, and what becomes of it step by step. */
export interface Pass {
  readonly options: ReconcilerOptions
  readonly cluster: MessagingCluster
  readonly observed: Observed
  readonly memory: ClusterMemory
  readonly failures: Failure[]
  scale: ScaleDecision
  render: RenderContext
  rollout: RolloutStep
  againAfterMs: number | undefined
}

/** Asks for another look after so long, or sooner if that was asked already. */
export function lookAgain(pass: Pass, ms: number): void {
  pass.againAfterMs = Math.min(pass.againAfterMs ?? Number.POSITIVE_INFINITY, Math.max(ms, 0))
}
