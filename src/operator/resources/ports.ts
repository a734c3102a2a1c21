import type { MessagingCluster } from '../api/index.ts'
import type { Component } from '../names.ts'
import { isSecured } from './secured.ts'

/** The ports of a cluster's pods, by the names that pods and Services give them. */
export const PORTS = {
  http: 9464,
  requests: 5555,
  servers: 5556,
  publishers: 5557,
  publications: 5558,
  ref: 5559,
  peers: 5560,
  replication: 5561,
  operators: 5562,
} as const
export type PortName = keyof typeof PORTS

const PORTS_OF: Readonly<Record<Component, readonly PortName[]>> = {
  ref: ['http', 'ref'],
  broker: ['http', 'requests', 'servers'],
  proxy: ['http', 'publishers', 'publications'],
  server: ['http', 'peers'],
  client: ['http'],
}

/** Ports that there are in secured mode only: what is said there crosses no port that others may connect to. */
const SECURED_PORTS_OF: Partial<Readonly<Record<Component, readonly PortName[]>>> = {
  ref: ['operators'],
  proxy: ['replication'],
}

export function portsOf(cluster: MessagingCluster, component: Component): readonly PortName[] {
  const more = isSecured(cluster) ? (SECURED_PORTS_OF[component] ?? []) : []
  return [...PORTS_OF[component], ...more]
}

export function containerPorts(cluster: MessagingCluster, component: Component): unknown[] {
  return portsOf(cluster, component).map((name) => ({ name, containerPort: PORTS[name], protocol: 'TCP' }))
}

export function servicePorts(names: readonly PortName[]): unknown[] {
  return names.map((name) => ({ name, port: PORTS[name], targetPort: name, protocol: 'TCP' }))
}
