import type { Component } from '../names.ts'

/** The ports of a cluster's pods, by the names that pods and Services give them. */
export const PORTS = {
  http: 9464,
  requests: 5555,
  servers: 5556,
  publishers: 5557,
  publications: 5558,
  ref: 5559,
  peers: 5560,
} as const
export type PortName = keyof typeof PORTS

export const PORTS_OF: Readonly<Record<Component, readonly PortName[]>> = {
  ref: ['http', 'ref'],
  broker: ['http', 'requests', 'servers'],
  proxy: ['http', 'publishers', 'publications'],
  server: ['http', 'peers'],
  client: ['http'],
}

export function containerPorts(component: Component): unknown[] {
  return PORTS_OF[component].map((name) => ({ name, containerPort: PORTS[name], protocol: 'TCP' }))
}

export function servicePorts(names: readonly PortName[]): unknown[] {
  return names.map((name) => ({ name, port: PORTS[name], targetPort: name, protocol: 'TCP' }))
}
