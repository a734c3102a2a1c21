import { parseCertificate } from '../../keys/index.ts'
import type { KeyPair, KubeCache, KubeObject, ObjectKey } from '../../ports/index.ts'
import { type MessagingUser, parseUser } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { userSecretName } from '../names.ts'
import { filesOf } from '../security/index.ts'
import type { UserVerdict } from '../status/index.ts'
import type { Pass } from './pass.ts'

/** So many keys and names have room in one Secret, which holds a mebibyte, with room to spare. */
const USERS_MAX = 5000

/** A user of a cluster, with its keys as far as there are any. */
export interface Account {
  readonly user: MessagingUser
  readonly secretName: string
  /** The pair in the Secret that is this user's own. */
  readonly pair: KeyPair | undefined
  /** Why it has no keys, or not those that it should have. */
  problem: UserVerdict | undefined
}

/**
 * Looks who the cluster's users are and which keys they hold. A key is listed because it stands in a Secret that belongs to
 * a user that is there: one that is deleted is so revoked, by whichever operator looks next.
 */
export async function observeUsers(pass: Pass): Promise<void> {
  const { cluster, options } = pass
  pass.accounts = usersOf(options.cache, cluster.metadata).map((user, index) => {
    return accountOf(options.cache, user, index)
  })
  const admitted = pass.accounts.filter(({ problem }) => problem?.reason !== 'TooManyUsers')
  pass.users = {
    keys: admitted.flatMap(({ user, pair }) => {
      return pair === undefined ? [] : [{ name: user.metadata.name, key: pair.publicKey }]
    }),
    names: admitted.map(({ user }) => user.metadata.name),
  }
}

/** Who says that it belongs to this cluster, in the order in which they came. One that is being deleted does not any more. */
export function usersOf(cache: KubeCache, { namespace = '', name }: ObjectKey): MessagingUser[] {
  const since = ({ metadata }: KubeObject): string => `${metadata.creationTimestamp} ${metadata.name}`
  return cache
    .list(KINDS.messagingUser, namespace)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap((object) => parseUser(object) ?? [])
    .filter(({ spec }) => spec.cluster === name)
    .toSorted((a, b) => (since(a) < since(b) ? -1 : 1))
}

/** Whether the Secret was made for this very user, and not for another of the same name or by somebody else. */
export function isOf(secret: KubeObject, { metadata }: MessagingUser): boolean {
  return secret.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true
}

function accountOf(cache: KubeCache, user: MessagingUser, index: number): Account {
  const { name, namespace } = user.metadata
  const secretName = userSecretName(user.spec.cluster, name)
  if (index >= USERS_MAX) {
    const message = `${user.spec.cluster} has ${USERS_MAX} users before this one, and no more are listed`
    const problem = { status: 'False', reason: 'TooManyUsers', message } as const
    return { user, secretName, pair: undefined, problem }
  }
  const secret = cache.get(KINDS.secret, { namespace, name: secretName })
  const isOwn = secret !== undefined && isOf(secret, user) && secret.metadata.deletionTimestamp === undefined
  const pair = isOwn ? parseCertificate(filesOf(secret)['own.key_secret'] ?? '') : undefined
  return { user, secretName, pair, problem: undefined }
}
