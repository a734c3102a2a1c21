import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster, NetworkPeer } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, childName, clusterLabels, selectorLabels } from '../names.ts'
import type { RenderContext } from './context.ts'
import { labelsOf, owned } from './metadata.ts'
import { PORTS, type PortName } from './ports.ts'
import { isSecured } from './secured.ts'

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
  const doors = (isSecured(cluster) ? SECURED_DOORS : DOORS)[component](cluster, context)
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

/** Each plane's own pods: a key that was stolen from one pod is of no use to another. */
const SECURED_DOORS: Readonly<Record<Component, Doors>> = {
  ref: (cluster, { operatorNamespace }) => [
    rule('ref', podsOf(cluster, ['server', 'broker', 'proxy'])),
    rule('operators', [operatorPods(operatorNamespace)]),
  ],
  broker: (cluster, context) => [
    rule('requests', securedClientPeers(cluster, context)),
    rule('servers', podsOf(cluster, ['server'])),
  ],
  proxy: (cluster, context) => [
    rule('publications', securedClientPeers(cluster, context)),
    rules(['publishers', 'replication'], podsOf(cluster, ['server'])),
  ],
  server: (cluster) => [rule('peers', podsOf(cluster, ['server']))],
  client: () => [],
}

function rule(port: PortName, from: Peers): unknown {
  return rules([port], from)
}

function rules(ports: readonly PortName[], from: Peers): unknown {
  return { ports: ports.map((port) => ({ port: PORTS[port], protocol: 'TCP' })), ...(from && { from }) }
}

/** Servers and automatic clients use the clients' ports as well: who narrows them does not shut these out. */
function clientPeers(cluster: MessagingCluster): Peers {
  const given: readonly NetworkPeer[] | undefined = cluster.spec.networkPolicy.clientPeers
  return given && [...given, ownPods(cluster)]
}

/** The operator is a client too: it brings users into private channels. */
function securedClientPeers(cluster: MessagingCluster, { operatorNamespace }: RenderContext): Peers {
  const peers = clientPeers(cluster)
  return peers && [...peers, operatorPods(operatorNamespace)]
}

function podsOf(cluster: MessagingCluster, components: readonly Component[]): Peers {
  return components.map((component) => ({
    podSelector: { matchLabels: selectorLabels(cluster.metadata.name, component) },
  }))
}

/** Those of the operator in its namespace, whatever its release is called. */
function operatorPods(namespace: string): unknown {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'recado-operator' } },
  }
}

function ownPods(cluster: MessagingCluster): unknown {
  return { podSelector: { matchLabels: clusterLabels(cluster.metadata.name) } }
}

function podsOfNamespace(namespace: string): unknown {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
}
