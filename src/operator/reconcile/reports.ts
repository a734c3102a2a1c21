import type { ReportedPod } from '../membership/index.ts'
import { PORTS } from '../resources/index.ts'
import type { PodFacts } from './pods.ts'

const ROLES = new Set(['server', 'broker', 'proxy'])

/** Those of the pods that ref hears of. */
export function reportedPods(pods: readonly PodFacts[]): ReportedPod[] {
  return pods
    .filter(({ component }) => ROLES.has(component))
    .map(({ name, component, uid, ip, ready, terminating }) => {
      return { name, role: component, uid, ip, ready, terminating }
    })
}

/** Where refs are: each pod by itself, for two may run and a Service would pick one. */
export function refAddresses(pods: readonly PodFacts[]): string[] {
  return pods
    .filter(({ component, ip, terminating }) => component === 'ref' && ip !== '' && !terminating)
    .map(({ ip }) => `tcp://${ip.includes(':') ? `[${ip}]` : ip}:${PORTS.ref}`)
}
