import type { ResourceKind } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS, OPTIONAL_KINDS } from '../kinds.ts'
import { COMPONENTS, type Component, childName, clientServices, partKeysName } from '../names.ts'
import { brokerDeployment } from './broker-deployment.ts'
import { budget } from './budget.ts'
import { clientDeployment } from './client-deployment.ts'
import { clientService } from './client-service.ts'
import type { Builder, Child, RenderContext } from './context.ts'
import { headlessService } from './headless-service.ts'
import { partSecret } from './key-secret.ts'
import { networkPolicy } from './network-policy.ts'
import { podMonitor } from './pod-monitor.ts'
import { prometheusRule } from './prometheus-rule.ts'
import { proxyDeployment } from './proxy-deployment.ts'
import { refDeployment } from './ref-deployment.ts'
import { refService } from './ref-service.ts'
import { isSecured } from './secured.ts'
import { serverSet } from './server-set.ts'
import { serviceAccount } from './service-account.ts'

interface Entry {
  readonly kind: ResourceKind
  readonly name: (cluster: string) => string
  readonly build: Builder
}

/** Every object that a cluster may have, in the order in which they are made: what pods need comes before the pods. */
const ENTRIES: readonly Entry[] = [
  ...COMPONENTS.map((component) =>
    entry(KINDS.serviceAccount, component, (cluster) =>
      isThere(cluster, component) ? serviceAccount(cluster, component) : undefined,
    ),
  ),
  ...COMPONENTS.map((component) =>
    entry(KINDS.networkPolicy, component, (cluster, context) =>
      isThere(cluster, component) ? networkPolicy(cluster, context, component) : undefined,
    ),
  ),
  // That of clients is there without any: whoever looks after a cluster from outside uses it.
  ...COMPONENTS.map((component) => ({
    kind: KINDS.secret,
    name: (cluster: string) => partKeysName(cluster, component),
    build: (cluster: MessagingCluster, context: RenderContext) => partSecret(cluster, context, component),
  })),
  entry(KINDS.service, 'ref', refService),
  ...(['broker', 'proxy', 'server'] as const).map((component) =>
    entry(KINDS.service, component, (cluster) => headlessService(cluster, component)),
  ),
  ...(['requests', 'publications'] as const).map((port) => ({
    kind: KINDS.service,
    name: (cluster: string) => clientServices(cluster)[port],
    build: (cluster: MessagingCluster) => clientService(cluster, port),
  })),
  entry(KINDS.budget, 'server', (cluster, { serverReplicas }) => budget(cluster, 'server', serverReplicas)),
  entry(KINDS.budget, 'broker', (cluster) => budget(cluster, 'broker', cluster.spec.brokers.replicas)),
  entry(KINDS.budget, 'proxy', (cluster) => budget(cluster, 'proxy', cluster.spec.proxies.replicas)),
  entry(KINDS.deployment, 'ref', refDeployment),
  entry(KINDS.deployment, 'broker', brokerDeployment),
  entry(KINDS.deployment, 'proxy', proxyDeployment),
  entry(KINDS.statefulSet, 'server', serverSet),
  entry(KINDS.deployment, 'client', clientDeployment),
  { kind: KINDS.podMonitor, name: (cluster) => cluster, build: podMonitor },
  { kind: KINDS.prometheusRule, name: (cluster) => cluster, build: prometheusRule },
]

/**
 * The objects of a cluster, in order, those among them that it is not to have (any more). Of kinds that the API server
 * does not have, none.
 */
export function children(cluster: MessagingCluster, context: RenderContext): Child[] {
  const { name, namespace } = cluster.metadata
  // While a cluster's keys cannot be had, its pods keep those that they have; its mode never changes.
  const hasKeys = isSecured(cluster) && context.keyring !== undefined
  return ENTRIES.filter(({ kind }) => !OPTIONAL_KINDS.includes(kind) || context.serves(kind))
    .filter(({ kind }) => kind !== KINDS.secret || hasKeys)
    .map((each) => ({
      kind: each.kind,
      key: { namespace, name: each.name(name) },
      object: each.build(cluster, context),
    }))
}

function entry(kind: ResourceKind, component: Component, build: Builder): Entry {
  return { kind, name: (cluster) => childName(cluster, component), build }
}

function isThere(cluster: MessagingCluster, component: Component): boolean {
  return component !== 'client' || cluster.spec.clients.replicas > 0
}
