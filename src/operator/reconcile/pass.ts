import type { ListedKey } from '../../keys/index.ts'
import type { DeleteOptions, KubeError, ObjectMeta, ResourceKind } from '../../ports/index.ts'
import type { ClusterStatus, MessagingCluster } from '../api/index.ts'
import type { Membership } from '../membership/index.ts'
import type { RenderContext } from '../resources/index.ts'
import type { HeldKeys, RotationDecision } from '../security/index.ts'
import type { UserKeeper } from '../users/index.ts'
import type { KeysProblem } from './keys.ts'
import type { Nudges } from './nudge.ts'
import type { Observed } from './observe.ts'
import type { Refusals } from './refusals.ts'
import type { RolloutStep } from './rollout.ts'
import type { ScaleDecision } from './scale.ts'
import type { ReconcilerOptions } from './types.ts'
import type { UserKey, UserStatuses } from './user-status.ts'
import type { Account } from './users.ts'

/** What could not be done in a pass. */
export interface Failure {
  readonly step: string
  readonly error: KubeError
}

export interface Applied {
  readonly hash: string
  readonly at: number
  /** The version over which it was applied: as long as the watch shows that one it has not told of what was written. */
  readonly over?: string | undefined
}

/** What is remembered of a cluster from pass to pass. An operator that starts knows none of it, and does without. */
export interface ClusterMemory {
  /** Of the resource. */
  readonly uid: string | undefined
  readonly membership: Membership
  /** What the API server refused of late. */
  readonly refusals: Refusals
  /** Whether the resource asked for secured mode when it was read last. */
  secured: boolean
  /** The keys of a secured cluster. */
  readonly keys: HeldKeys
  /** By the uids of pods: what was done so that they read their keys. */
  readonly nudges: Map<string, Nudges>
  readonly userKeeper: UserKeeper
  /** By the names of users: whose keys are listed since when. */
  readonly userKeys: Map<string, UserKey>
  /** What was applied to which child, as long as the watch may not have told of it. */
  readonly applied: Map<string, Applied>
  /** Differences that stay after an object was applied: the API server writes it its own way. */
  readonly excused: Map<string, ReadonlySet<string>>
  /** The API server's words on a volume that may not grow, until it is tried again. */
  growth: { readonly size: string; readonly message: string; readonly at: number } | undefined
  /** What was deleted, by uid, as long as the watch may not have told of it. */
  readonly deleted: Map<string, number>
  /** Monotonic ms since which this operator looks after the cluster. */
  readonly since: number
  /** The status that was written last, and when. */
  statusAt: number
  status: ClusterStatus | undefined
}

/** By when the watch has told of what was written, or something is wrong with it. */
export const WATCH_MS = 5000

/** Deletes this very object, once: until the watch shows it going it is not asked for again. False when that was before. */
export async function deleteOnce(
  { memory, options }: Pass,
  kind: ResourceKind,
  { name, namespace, uid = '' }: ObjectMeta,
  propagation?: DeleteOptions['propagation'],
): Promise<boolean> {
  const now = options.time.monotonic()
  for (const [each, at] of memory.deleted) if (now - at >= WATCH_MS) memory.deleted.delete(each)
  if (memory.deleted.has(uid)) return false
  const key = { name, ...(namespace !== undefined && { namespace }) }
  const isDeleted = await options.api.delete(kind, key, {
    uid,
    ...(propagation !== undefined && { propagation }),
  })
  memory.deleted.set(uid, now)
  return isDeleted
}

/** The users of a secured cluster, as far as they have keys. */
export interface PassUsers {
  readonly keys: readonly ListedKey[]
  readonly names: readonly string[]
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
  readonly userStatuses: UserStatuses
  /** The users of the cluster, in the order in which they came. */
  accounts: readonly Account[]
  /** Whose keys are admitted as clients' beside the cluster's own, and whose names may be taken. */
  users: PassUsers
  rotation: RotationDecision
  keysProblem: KeysProblem | undefined
  againAfterMs: number | undefined
}

/** Asks for another look after so long, or sooner if that was asked already. */
export function lookAgain(pass: Pass, ms: number): void {
  pass.againAfterMs = Math.min(pass.againAfterMs ?? Number.POSITIVE_INFINITY, Math.max(ms, 0))
}
