import type { MessagingUser } from '../api/index.ts'
import { isSecured } from '../resources/index.ts'
import { userSecret } from '../security/index.ts'
import type { WantedUser } from '../users/index.ts'
import type { Pass } from './pass.ts'

/** With these the operator has logged the user in before. */
const KNOWN_REASONS: ReadonlySet<string> = new Set(['Ready', 'ChannelsPending'])

/** Has every user whose key is known everywhere logged in, and brought into its private channels. */
export async function logUsersIn({ accounts, cluster, memory }: Pass): Promise<void> {
  const { keyring } = memory.keys
  if (!isSecured(cluster) || keyring === undefined) return
  memory.userKeeper.want(
    accounts.flatMap(({ user, pair }): WantedUser[] => {
      const { name } = user.metadata
      const known = memory.userKeys.get(name)
      if (pair === undefined || known?.key !== pair.publicKey || !known.isReady) return []
      const { channels = [] } = user.spec
      return [{ name, secret: userSecret(keyring, name), channels, before: beforeOf(user) }]
    }),
  )
}

function beforeOf({ status }: MessagingUser): WantedUser['before'] {
  const reason = status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? ''
  return { isKnown: KNOWN_REASONS.has(reason), channels: status?.channels ?? [] }
}
