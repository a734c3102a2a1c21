import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, childName } from '../names.ts'
import { labelsOf, owned } from './metadata.ts'

/** A component's account. It may do nothing, and its pods get no token of it. */
export function serviceAccount(cluster: MessagingCluster, component: Component): KubeObject {
  return owned(
    cluster,
    KINDS.serviceAccount,
    { name: childName(cluster.metadata.name, component), labels: labelsOf(cluster, component) },
    { automountServiceAccountToken: false },
  )
}
