import type { KubeObject, ObjectMeta, ResourceKind } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, clusterLabels, FIELD_MANAGER, selectorLabels } from '../names.ts'

const MANAGEMENT = {
  'app.kubernetes.io/managed-by': FIELD_MANAGER,
  'app.kubernetes.io/part-of': 'recado',
}

/** The labels of a component's objects, or of those that belong to the cluster as a whole. */
export function labelsOf(cluster: MessagingCluster, component?: Component): Readonly<Record<string, string>> {
  const { name } = cluster.metadata
  return { ...(component ? selectorLabels(name, component) : clusterLabels(name)), ...MANAGEMENT }
}

/** The labels of what is made for a user of the cluster. */
export function userLabels(cluster: MessagingCluster): Readonly<Record<string, string>> {
  return {
    ...clusterLabels(cluster.metadata.name),
    'app.kubernetes.io/component': 'user',
    ...MANAGEMENT,
  }
}

/** An object that Kubernetes removes with its cluster. */
export function owned(
  cluster: MessagingCluster,
  kind: ResourceKind,
  metadata: Pick<ObjectMeta, 'name' | 'labels' | 'annotations'>,
  rest: Readonly<Record<string, unknown>>,
): KubeObject {
  const { name, namespace, uid } = cluster.metadata
  const { apiVersion, kind: ownerKind } = KINDS.messagingCluster
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      ...metadata,
      namespace,
      ownerReferences: [{ apiVersion, kind: ownerKind, name, uid, controller: true }],
    },
    ...rest,
  }
}
