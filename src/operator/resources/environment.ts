import type { MessagingCluster } from '../api/index.ts'
import type { Component } from '../names.ts'
import { clientAddresses, innerAddresses } from './addresses.ts'
import { isSecured, keysVariables } from './secured.ts'

/** A subfolder of the volume, whose root holds what the file system itself puts there (`lost+found`). */
export const DATA_DIR = '/data/recado'

type Variables = Readonly<Record<string, string>>

/**
 * The environment of a component's container. Never the number or the names of servers: those would restart every server
 * when one is added, and ref tells them.
 */
export function environment(cluster: MessagingCluster, component: Component): unknown[] {
  return [
    { name: 'ROLE', value: component },
    fromPod('NAME', 'metadata.name'),
    ...(REPORTING.has(component) ? [fromPod('POD_UID', 'metadata.uid')] : []),
    fromPod('POD_IP', 'status.podIP'),
    ...plain({
      ADVERTISE: '$(POD_IP)',
      ...common(cluster, component),
      ...keysVariables(cluster),
      ...OWN[component](cluster),
    }),
  ]
}

/** Who sends heartbeats: ref knows by the uid which pod one came from. */
const REPORTING: ReadonlySet<Component> = new Set<Component>(['server', 'broker', 'proxy'])

const OWN: Readonly<Record<Component, (cluster: MessagingCluster) => Variables>> = {
  ref: () => ({ DATA_DIR }),
  broker: (cluster) => ({ REF: innerAddresses(cluster).ref }),
  proxy: (cluster) => ({ REF: innerAddresses(cluster).ref }),
  server: serverVariables,
  client: (cluster) => {
    const { requests, publications } = clientAddresses(cluster)
    const { rate, channels } = cluster.spec.clients
    return {
      REF: innerAddresses(cluster).ref,
      BROKERS: requests,
      PROXIES: publications,
      RATE: String(rate),
      CHANNELS: channels.join(','),
    }
  },
}

function serverVariables(cluster: MessagingCluster): Variables {
  const { ref, brokers, proxies } = innerAddresses(cluster)
  const { acks, messageBytesMax, diskReservePercent, storage } = cluster.spec.servers
  return {
    REF: ref,
    BROKERS: brokers,
    PROXIES: proxies,
    DATA_DIR,
    ACKS: acks,
    MESSAGE_BYTES_MAX: String(messageBytesMax),
    DISK_RESERVE: String(diskReservePercent / 100),
    ...(isSecured(cluster) && { USERS: cluster.spec.security.users }),
    ...(storage.allowNetworkFileSystem && { ALLOW_NETWORK_FS: 'true' }),
  }
}

const SPEC_OF = {
  ref: 'ref',
  broker: 'brokers',
  proxy: 'proxies',
  server: 'servers',
  client: 'clients',
} as const

function common(cluster: MessagingCluster, component: Component): Variables {
  const { namespace, name } = cluster.metadata
  return {
    CLUSTER: `${namespace}/${name}`,
    LOG_LEVEL: cluster.spec[SPEC_OF[component]].logLevel,
    LOG_FORMAT: 'json',
  }
}

function plain(variables: Variables): unknown[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }))
}

function fromPod(name: string, fieldPath: string): unknown {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }
}
