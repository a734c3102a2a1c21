import { applyChildren } from './children.ts'
import { deleteRemoved, unmarkStaying } from './claims.ts'
import { keepKeys } from './keys.ts'
import { nudgePods } from './nudge.ts'
import type { Pass } from './pass.ts'
import { rollServers } from './roll.ts'
import { growStorage } from './storage.ts'
import { tellRefs } from './tell.ts'
import { logUsersIn } from './user-logins.ts'
import { keepUserSecrets } from './user-secrets.ts'
import { writeUserStatuses } from './user-status.ts'
import { observeUsers } from './users.ts'

export interface Step {
  readonly name: string
  readonly run: (pass: Pass) => Promise<void>
  /** Whether it is done for a paused cluster too: it writes nothing then. */
  readonly paused?: true
}

/** A pass, in order. Each writes only what differs; one that fails is tried again by the next pass. */
export const STEPS: readonly Step[] = [
  { name: 'Users', run: observeUsers, paused: true },
  { name: 'Keys', run: keepKeys, paused: true },
  { name: 'Keys of users', run: keepUserSecrets },
  { name: 'Membership', run: tellRefs, paused: true },
  { name: 'Storage', run: growStorage },
  { name: 'Objects', run: applyChildren },
  { name: 'Keys read', run: nudgePods },
  { name: 'Claims to keep', run: unmarkStaying },
  { name: 'Claims to delete', run: deleteRemoved },
  { name: 'Rollout', run: rollServers },
  { name: 'Logins of users', run: logUsersIn, paused: true },
  { name: 'Status of users', run: writeUserStatuses, paused: true },
]
