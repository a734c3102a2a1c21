import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, childName, selectorLabels } from '../names.ts'
import { labelsOf, owned } from './metadata.ts'

/**
 * One pod of a component may be away for the sake of a node at a time. Of a single pod there is no budget: it could never be
 * moved. A pod that is not ready may always go, or a bad one would keep its node for ever.
 */
export function budget(
  cluster: MessagingCluster,
  component: Component,
  replicas: number,
): KubeObject | undefined {
  if (replicas <= 1) return undefined
  const { name } = cluster.metadata
  return owned(
    cluster,
    KINDS.budget,
    { name: childName(name, component), labels: labelsOf(cluster, component) },
    {
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: { matchLabels: selectorLabels(name, component) },
      },
    },
  )
}
