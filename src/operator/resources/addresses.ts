import type { MessagingCluster } from '../api/index.ts'
import { type Component, childName, clientServices } from '../names.ts'
import { PORTS } from './ports.ts'
import { isSecured } from './secured.ts'

/** All that an address needs of a cluster. */
type Named = { readonly metadata: Pick<MessagingCluster['metadata'], 'name' | 'namespace'> }

/** Where the processes of a cluster find each other: DNS names of Services, which stand for all their pods. */
export function innerAddresses(
  cluster: MessagingCluster,
): Readonly<Record<'ref' | 'brokers' | 'proxies', string>> {
  const host = (component: Component): string => hostOf(cluster, childName(cluster.metadata.name, component))
  // In secured mode servers hear each other at a port of their own.
  const heard = isSecured(cluster) ? PORTS.replication : PORTS.publications
  return {
    ref: `tcp://${host('ref')}:${PORTS.ref}`,
    brokers: `tcp://${host('broker')}:${PORTS.servers}`,
    proxies: `tcp://${host('proxy')}:${PORTS.publishers}/${heard}`,
  }
}

/** Where clients connect to: Services of ready pods only. */
export function clientAddresses(cluster: Named): Readonly<Record<'requests' | 'publications', string>> {
  const { requests, publications } = clientServices(cluster.metadata.name)
  return {
    requests: `tcp://${hostOf(cluster, requests)}:${PORTS.requests}`,
    publications: `tcp://${hostOf(cluster, publications)}:${PORTS.publications}`,
  }
}

function hostOf(cluster: Named, service: string): string {
  return `${service}.${cluster.metadata.namespace}.svc`
}
