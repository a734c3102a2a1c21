import type { KubeObject, ObjectMeta } from '../../ports/index.ts'
import { USER_SPEC, USER_STATUS, type UserSpec, type UserStatus } from './schema/user.ts'

/** A MessagingUser as the operator works with it. */
export interface MessagingUser extends KubeObject {
  readonly metadata: ObjectMeta & { readonly namespace: string; readonly uid: string }
  readonly spec: UserSpec
  /** As it was last written; absent before the first time, or when another version wrote what this one cannot read. */
  readonly status?: UserStatus
}

/** The resource with types; undefined for one that no definition of ours let pass. */
export function parseUser(object: KubeObject): MessagingUser | undefined {
  const { status: written, ...rest } = object
  const spec = USER_SPEC.safeParse(object['spec'])
  const { namespace, uid } = object.metadata
  if (!spec.success || namespace === undefined || uid === undefined) return undefined
  const status = USER_STATUS.safeParse(written)
  return {
    ...rest,
    metadata: { ...object.metadata, namespace, uid },
    spec: spec.data,
    ...(status.success && { status: status.data }),
  }
}
