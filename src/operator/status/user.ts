import type { MessagingUser, UserStatus } from '../api/index.ts'
import { named } from '../security/index.ts'
import { conditionsOf } from './conditions.ts'
import type { UserVerdict } from './user-reasons.ts'

/** All that the condition of a user is judged by. */
export interface UserFacts {
  /** Undefined when the namespace has none of that name, or it is going. */
  readonly cluster: UserClusterFacts | undefined
  /** What keeps the operator from giving the user its keys. */
  readonly problem: UserVerdict | undefined
  /** The Secret with the user's pair, once it is there. */
  readonly secretName: string | undefined
  /** Whether the key stands in the list that brokers and proxies are given. */
  readonly isListed: boolean
  /** Whether this very key was known to all brokers and proxies before. */
  readonly wasReady: boolean
  /** Brokers and proxies that have not read yet that the key is listed; undefined when nobody can be asked. */
  readonly unread: readonly string[] | undefined
}

export interface UserClusterFacts {
  readonly isSecured: boolean
  readonly isPaused: boolean
  /** Whether there are pods of both components that clients connect to. */
  readonly hasEntrances: boolean
  readonly endpoints: UserStatus['endpoints']
}

/** The status of a user: a pure function of what was found, and of when its condition last changed. @param now wall ms */
export function userStatus(user: MessagingUser, facts: UserFacts, now: number): UserStatus {
  const { generation } = user.metadata
  const { cluster, secretName } = facts
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: conditionsOf([['Ready', ready(user, facts)]], user, now),
    ...(secretName !== undefined && { secretName }),
    ...(cluster?.endpoints !== undefined && { endpoints: cluster.endpoints }),
  }
}

function ready({ spec }: MessagingUser, facts: UserFacts): UserVerdict {
  const { cluster, problem, secretName, isListed, wasReady, unread } = facts
  const no = (reason: UserVerdict['reason'], message: string): UserVerdict => {
    return { status: 'False', reason, message }
  }
  if (cluster === undefined) return no('ClusterNotFound', `There is no MessagingCluster ${spec.cluster} here`)
  if (!cluster.isSecured) {
    return no('ClusterOpen', `${spec.cluster} is in open mode: programs connect without keys`)
  }
  if (problem !== undefined) return problem
  const waiting = cluster.isPaused ? `${spec.cluster} is paused: ` : ''
  if (secretName === undefined) return no('KeyPending', `${waiting}The pair of keys is not made yet`)
  const yes: UserVerdict = {
    status: 'True',
    reason: 'Ready',
    message: `Mount Secret ${secretName} as the folder of a client’s keys`,
  }
  if (wasReady) return yes
  if (!isListed) return no('KeyPending', `${waiting}The key is not listed yet`)
  if (!cluster.hasEntrances) return no('KeyPending', 'There is no broker or no proxy yet')
  if (unread === undefined) {
    return no('KeyPending', 'The reference service cannot be asked whether the key is known everywhere')
  }
  if (unread.length === 0) return yes
  return no('KeyPending', `Not yet known to ${named(unread)}`)
}
