import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, childName, selectorLabels } from '../names.ts'
import { labelsOf, owned } from './metadata.ts'
import { portsOf, servicePorts } from './ports.ts'

/** The name by which a cluster's own processes find a component's pods, ready or not: each may be needed to get ready. */
export function headlessService(cluster: MessagingCluster, component: Component): KubeObject {
  const { name } = cluster.metadata
  return owned(
    cluster,
    KINDS.service,
    { name: childName(name, component), labels: labelsOf(cluster, component) },
    {
      spec: {
        type: 'ClusterIP',
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: selectorLabels(name, component),
        ports: servicePorts(portsOf(cluster, component)),
      },
    },
  )
}
