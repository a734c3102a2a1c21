import { KINDS } from './kinds.ts'
import type { Watched } from './kube/index.ts'
import { FIELD_MANAGER } from './names.ts'

/** What the operator made, and pods and claims made after its templates; of all else in the cluster it reads nothing. */
const OWN = `app.kubernetes.io/managed-by=${FIELD_MANAGER}`

export const WATCHED: readonly Watched[] = [
  { kind: KINDS.messagingCluster },
  ...[
    KINDS.statefulSet,
    KINDS.deployment,
    KINDS.pod,
    KINDS.service,
    KINDS.serviceAccount,
    KINDS.volumeClaim,
    KINDS.budget,
    KINDS.networkPolicy,
  ].map((kind) => ({ kind, labelSelector: OWN })),
]

/** Of another project: their definitions may come later, or never. */
export const OPTIONAL: readonly Watched[] = [KINDS.podMonitor, KINDS.prometheusRule].map((kind) => ({
  kind,
  labelSelector: OWN,
}))
