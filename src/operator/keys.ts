import type { KubeObject, ObjectKey } from '../ports/index.ts'

export function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name }
}

/** The cluster that an object belongs to, by its labels: pods and claims have other owners than the cluster. */
export function clusterKeyOf({ metadata }: KubeObject): ObjectKey | undefined {
  const name = metadata.labels?.['app.kubernetes.io/instance']
  return name === undefined ? undefined : { namespace: metadata.namespace ?? '', name }
}

/** The cluster that a MessagingUser says it belongs to, whether there is one or not. */
export function clusterKeyOfUser({ metadata, ...user }: KubeObject): ObjectKey | undefined {
  const { cluster } = (user['spec'] ?? {}) as { readonly cluster?: unknown }
  if (typeof cluster !== 'string') return undefined
  return { namespace: metadata.namespace ?? '', name: cluster }
}

/** A key as one word, as `kubectl` has it. */
export function textOf({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`
}
