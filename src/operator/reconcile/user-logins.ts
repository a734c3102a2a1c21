import type { MessagingUser } from '../api/index.ts'
import { isSecured } from '../resources/index.ts'
import { userSecret } from '../security/index.ts'
import { statusIn, wasLoggedIn } from '../status/index.ts'
import type { WantedUser } from '../users/index.ts'
import type { Pass } from './pass.ts'

/** Has every user whose key is known everywhere logged in, and brought into its private channels. */
export async function logUsersIn({ accounts, cluster, memory }: Pass): Promise<void> {
  const { keyring } = memory.keys
  if (!isSecured(cluster) || keyring === undefined) return
  // What goes on beside the passes ends too.
  if (cluster.spec.paused) return memory.userKeeper.want([])
  memory.userKeeper.want(
    accounts.flatMap(({ user, pair }): WantedUser[] => {
      const { name } = user.metadata
      const known = memory.userKeys.get(name)
      if (pair === undefined || known?.key !== pair.publicKey || !known.isReady) return []
      const { channels = [] } = user.spec
      return [
        { name, secret: userSecret(keyring, name), channels, before: beforeOf(user, cluster.metadata.uid) },
      ]
    }),
  )
}

function beforeOf(user: MessagingUser, clusterUid: string | undefined): WantedUser['before'] {
  const status = statusIn(user, clusterUid)
  return { isKnown: wasLoggedIn(status), channels: status?.channels ?? [] }
}
