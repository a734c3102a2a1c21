import { KINDS, OPTIONAL_KINDS } from './kinds.ts'
import type { Watched } from './kube/index.ts'
import { FIELD_MANAGER } from './names.ts'

/** What the operator made, and pods made after its templates; of all else in the cluster it reads nothing. */
const OWN = `app.kubernetes.io/managed-by=${FIELD_MANAGER}`

/** A StatefulSet's claims have the labels of its selector, which say nothing of who made it. */
const CLAIMS = 'app.kubernetes.io/name=recado,app.kubernetes.io/component=server'

export const WATCHED: readonly Watched[] = [
  { kind: KINDS.messagingCluster },
  // Needed, not optional: a pass that knows no users would revoke them.
  { kind: KINDS.messagingUser },
  ...[
    KINDS.statefulSet,
    KINDS.deployment,
    KINDS.pod,
    KINDS.service,
    KINDS.serviceAccount,
    KINDS.secret,
    KINDS.volumeClaim,
    KINDS.budget,
    KINDS.networkPolicy,
  ].map((kind) => ({ kind, labelSelector: kind === KINDS.volumeClaim ? CLAIMS : OWN })),
]

export const OPTIONAL: readonly Watched[] = OPTIONAL_KINDS.map((kind) => ({
  kind,
  labelSelector: OWN,
}))
