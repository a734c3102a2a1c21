import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, clientServices, selectorLabels } from '../names.ts'
import { labelsOf, owned } from './metadata.ts'
import { servicePorts } from './ports.ts'

const BEHIND: Readonly<Record<'requests' | 'publications', Component>> = {
  requests: 'broker',
  publications: 'proxy',
}

/** A Service that clients connect to: of ready pods only. */
export function clientService(cluster: MessagingCluster, port: keyof typeof BEHIND): KubeObject {
  const { name } = cluster.metadata
  const { type, annotations } = cluster.spec.service
  const component = BEHIND[port]
  return owned(
    cluster,
    KINDS.service,
    {
      name: clientServices(name)[port],
      labels: labelsOf(cluster, component),
      ...(annotations && { annotations }),
    },
    { spec: { type, selector: selectorLabels(name, component), ports: servicePorts([port]) } },
  )
}
