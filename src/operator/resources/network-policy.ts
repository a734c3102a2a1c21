import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster, NetworkPeer } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, childName, clusterLabels, selectorLabels } from '../names.ts'
import type { RenderContext } from './context.ts'
import { labelsOf, owned } from './metadata.ts'
import { PORTS, type PortName } from './ports.ts'

/** Who may come in by a port: these, or everyone when there is no list. An empty one would mean everyone too. */
type Peers = readonly unknown[] | undefined

/** What may reach a component's pods. Nothing is said of what they may reach. */
export function networkPolicy(
  cluster: MessagingCluster,
  context: RenderContext,
  component: Component,
): KubeObject | undefined {
  if (!cluster.spec.networkPolicy.enabled) return undefined
  const { name } = cluster.metadata
  const doors = DOORS[component](cluster, context)
  return owned(
    cluster,
    KINDS.networkPolicy,
    { name: childName(name, component), labels: labelsOf(cluster, component) },
    {
      spec: {
        podSelector: { matchLabels: selectorLabels(name, component) },
        policyTypes: ['Ingress'],
        ingress: [...doors, rule('http', cluster.spec.networkPolicy.metricsPeers)],
      },
    },
  )
}

type Doors = (cluster: MessagingCluster, context: RenderContext) => unknown[]

const DOORS: Readonly<Record<Component, Doors>> = {
  ref: (cluster, { operatorNamespace }) => [
    rule('ref', [ownPods(cluster), podsOfNamespace(operatorNamespace)]),
  ],
  broker: (cluster) => [rule('requests', clientPeers(cluster)), rule('servers', [ownPods(cluster)])],
  proxy: (cluster) => [rule('publications', clientPeers(cluster)), rule('publishers', [ownPods(cluster)])],
  server: (cluster) => [rule('peers', [ownPods(cluster)])],
  client: () => [],
}

function rule(port: PortName, from: Peers): unknown {
  return { ports: [{ port: PORTS[port], protocol: 'TCP' }], ...(from && { from }) }
}

/** Servers and automatic clients use the clients' ports as well: who narrows them does not shut these out. */
function clientPeers(cluster: MessagingCluster): Peers {
  const given: readonly NetworkPeer[] | undefined = cluster.spec.networkPolicy.clientPeers
  return given && [...given, ownPods(cluster)]
}

function ownPods(cluster: MessagingCluster): unknown {
  return { podSelector: { matchLabels: clusterLabels(cluster.metadata.name) } }
}

function podsOfNamespace(namespace: string): unknown {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
}
