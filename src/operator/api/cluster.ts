import type { KubeObject, ObjectMeta } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import { type ClusterSpec, SPEC } from './schema/spec.ts'
import { type ClusterStatus, STATUS } from './schema/status.ts'

/** A MessagingCluster as the operator works with it: every default in place. */
export interface MessagingCluster extends KubeObject {
  readonly metadata: ObjectMeta & { readonly namespace: string; readonly uid: string }
  readonly spec: ClusterSpec
  /** As it was last written; absent before the first time, or when another version wrote what this one cannot read. */
  readonly status?: ClusterStatus
}

/**
 * The resource with types, and with the defaults that the API server has filled in already unless its definition is
 * older than this program.
 * @throws RecadoError `bad_option` that names the field: a definition newer or older than this program let it pass
 */
export function parseCluster(object: KubeObject): MessagingCluster {
  const { status: written, ...rest } = object
  const spec = SPEC.safeParse(object['spec'])
  const { namespace, uid } = object.metadata
  if (!spec.success) {
    const [issue] = spec.error.issues
    throw new RecadoError('bad_option', `spec.${issue?.path.join('.')}: ${issue?.message}`)
  }
  if (namespace === undefined || uid === undefined) {
    throw new RecadoError('bad_option', 'A MessagingCluster has metadata.namespace and metadata.uid')
  }
  const status = STATUS.safeParse(written)
  return {
    ...rest,
    metadata: { ...object.metadata, namespace, uid },
    spec: spec.data,
    ...(status.success && { status: status.data }),
  }
}
