import type { KubeCache, KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, childName, clusterLabels, selectorLabels } from '../names.ts'
import { DATA_VOLUME } from '../resources/index.ts'
import { type PodFacts, podFacts } from './pods.ts'
import type { ClaimFacts } from './scale.ts'

/** On a volume claim: its server is not wanted any more, and may only come back with an empty volume. */
export const LEAVING_ANNOTATION = 'recado.dev/leaving'

/** What there is of a cluster at this moment, by the watches. */
export interface Observed {
  readonly pods: readonly PodFacts[]
  readonly statefulSet: KubeObject | undefined
  readonly deployments: Readonly<Record<Exclude<Component, 'server'>, KubeObject | undefined>>
  readonly claims: readonly (ClaimFacts & { readonly object: KubeObject })[]
}

export function observe({ metadata }: MessagingCluster, cache: KubeCache): Observed {
  const { name, namespace } = metadata
  const deployment = (component: Component): KubeObject | undefined => {
    return cache.get(KINDS.deployment, { namespace, name: childName(name, component) })
  }
  return {
    pods: observePods(cache.list(KINDS.pod, namespace, clusterLabels(name))),
    statefulSet: cache.get(KINDS.statefulSet, { namespace, name: childName(name, 'server') }),
    deployments: {
      ref: deployment('ref'),
      broker: deployment('broker'),
      proxy: deployment('proxy'),
      client: deployment('client'),
    },
    claims: cache
      .list(KINDS.volumeClaim, namespace, selectorLabels(name, 'server'))
      .flatMap((object) => claimFacts(name, object))
      .toSorted((a, b) => a.ordinal - b.ordinal),
  }
}

/** In the order of their names, so that the same pods are always the same list. */
export function observePods(objects: readonly KubeObject[]): PodFacts[] {
  return objects
    .flatMap((object) => podFacts(object) ?? [])
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.uid < b.uid ? -1 : 1))
}

/** The ordinal of a server's pod. */
export function ordinalOf(cluster: string, pod: string): number {
  return Number(pod.slice(childName(cluster, 'server').length + 1))
}

export function specReplicas(workload: KubeObject | undefined): number | undefined {
  return (workload?.['spec'] as { replicas?: number } | undefined)?.replicas
}

function claimFacts(cluster: string, object: KubeObject): Observed['claims'] {
  const { name, uid, deletionTimestamp, annotations } = object.metadata
  const prefix = `${DATA_VOLUME}-${childName(cluster, 'server')}-`
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  if (!/^\d+$/.test(digits) || uid === undefined) return []
  const leaving = annotations?.[LEAVING_ANNOTATION] !== undefined
  return [
    { name, uid, ordinal: Number(digits), terminating: deletionTimestamp !== undefined, leaving, object },
  ]
}
