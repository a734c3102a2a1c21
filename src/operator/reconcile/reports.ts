import type { ReportedPod } from '../membership/index.ts'
import { PORTS } from '../resources/index.ts'
import type { ClusterMemory } from './pass.ts'
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

/**
 * Where refs are: each pod by itself, for two may run and a Service would pick one. In secured mode nowhere, until there is
 * a key to show.
 */
export function refAddresses(
  pods: readonly PodFacts[],
  { secured, keys }: Pick<ClusterMemory, 'secured' | 'keys'>,
): string[] {
  if (secured && keys.pass === undefined) return []
  const port = secured ? PORTS.operators : PORTS.ref
  return pods
    .filter(({ component, ip, terminating }) => component === 'ref' && ip !== '' && !terminating)
    .map(({ ip }) => `tcp://${ip.includes(':') ? `[${ip}]` : ip}:${port}`)
}
