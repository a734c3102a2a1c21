import type { KeyPair, KubeObject } from '../../ports/index.ts'
import type { MessagingCluster, MessagingUser } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { userSecretName } from '../names.ts'
import { type Keyring, secretData, userFiles } from '../security/index.ts'
import { clientAddresses } from './addresses.ts'
import { userLabels } from './metadata.ts'

const TYPE = 'recado.dev/user'

/** All that a program of the user needs to connect: a client's KEYS_DIR, and the addresses. Goes with the user. */
export function userSecret(
  cluster: MessagingCluster,
  user: MessagingUser,
  { keyring, pair }: { readonly keyring: Keyring; readonly pair: KeyPair },
): KubeObject {
  const { name, namespace, uid } = user.metadata
  const { requests, publications } = clientAddresses(cluster)
  const { apiVersion, kind } = KINDS.messagingUser
  return {
    apiVersion: KINDS.secret.apiVersion,
    kind: KINDS.secret.kind,
    metadata: {
      name: userSecretName(cluster.metadata.name, name),
      namespace,
      labels: userLabels(cluster),
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
    type: TYPE,
    data: secretData({
      ...userFiles(keyring, name, pair),
      requests,
      publications,
    }),
  }
}
