import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { type Component, keysName, partKeysName } from '../names.ts'
import { type Keyring, partFiles, renderKeyring, secretData } from '../security/index.ts'
import type { RenderContext } from './context.ts'
import { labelsOf, owned } from './metadata.ts'

const TYPE = 'recado.dev/keys'

/** The keys that the pods of a component mount. */
export function partSecret(
  cluster: MessagingCluster,
  { keyring }: RenderContext,
  component: Component,
): KubeObject | undefined {
  if (keyring === undefined) return undefined
  const { name } = cluster.metadata
  return owned(
    cluster,
    KINDS.secret,
    { name: partKeysName(name, component), labels: labelsOf(cluster, component) },
    { type: TYPE, data: secretData(partFiles(keyring, component)) },
  )
}

/** All keys of a cluster. They stay with the volumes: where those outlive the cluster, so do the keys and users' secrets. */
export function keysSecret(cluster: MessagingCluster, keyring: Keyring): KubeObject {
  const { name } = cluster.metadata
  const object = owned(
    cluster,
    KINDS.secret,
    { name: keysName(name), labels: labelsOf(cluster) },
    { type: TYPE, data: secretData(renderKeyring(keyring)) },
  )
  if (!cluster.spec.servers.storage.retain) return object
  const { ownerReferences: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
