import type { MessagingCluster } from '../api/index.ts'
import { type Component, partKeysName } from '../names.ts'

/** Whether every connection proves a key. */
export function isSecured({ spec }: Pick<MessagingCluster, 'spec'>): boolean {
  return spec.security.mode === 'secured'
}

/** Where a pod finds its keys. */
const KEYS_DIR = '/keys'
const KEYS_VOLUME = 'keys'
/** For the pod's own group, and nobody else: 0440. */
const KEYS_FILE_MODE = 0o440

/** What a container is told of its keys. */
export function keysVariables(cluster: MessagingCluster): Readonly<Record<string, string>> {
  return isSecured(cluster) ? { SECURITY: 'secured', KEYS_DIR } : {}
}

/** How a pod of a secured cluster comes by its keys: no template says which, so a change of keys restarts nobody. */
export function keysVolume(cluster: MessagingCluster, component: Component): unknown[] {
  if (!isSecured(cluster)) return []
  const secretName = partKeysName(cluster.metadata.name, component)
  return [{ name: KEYS_VOLUME, secret: { secretName, defaultMode: KEYS_FILE_MODE } }]
}

export function keysMount(cluster: MessagingCluster): unknown[] {
  return isSecured(cluster) ? [{ name: KEYS_VOLUME, mountPath: KEYS_DIR, readOnly: true }] : []
}
