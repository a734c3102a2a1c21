import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { childName, selectorLabels } from '../names.ts'
import { labelsOf, owned } from './metadata.ts'
import { portsOf, servicePorts } from './ports.ts'

/**
 * The name by which a cluster's own processes find ref: an address that stays when its pod is replaced. Name servers hold
 * answers for up to 30 s, and ref is what all others are found by. Ready pods only: ref waits for nobody to be ready, and
 * one that was lost with its node is passed over.
 */
export function refService(cluster: MessagingCluster): KubeObject {
  const { name } = cluster.metadata
  return owned(
    cluster,
    KINDS.service,
    { name: childName(name, 'ref'), labels: labelsOf(cluster, 'ref') },
    {
      spec: {
        type: 'ClusterIP',
        selector: selectorLabels(name, 'ref'),
        ports: servicePorts(portsOf(cluster, 'ref')),
      },
    },
  )
}
