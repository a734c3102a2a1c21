import type { MessagingUser, UserStatus } from '../api/index.ts'
import { named } from '../security/index.ts'
import type { UserProgress } from '../users/index.ts'
import { conditionsOf } from './conditions.ts'
import type { UserVerdict } from './user-reasons.ts'

/** With these the operator has logged the user in. */
const LOGGED_IN: ReadonlySet<string> = new Set(['Ready', 'ChannelsPending'])

/** What the status says of the user in this very cluster: another one of that name, made since, knows no users yet. */
export function statusIn({ status }: MessagingUser, clusterUid: string | undefined): UserStatus | undefined {
  // A former version of the operator did not say of which.
  return status?.clusterUid === undefined || status.clusterUid === clusterUid ? status : undefined
}

/** Whether a status says that the user was logged in: the name is its own. */
export function wasLoggedIn(status: UserStatus | undefined): boolean {
  return status?.conditions?.some(({ reason }) => LOGGED_IN.has(reason)) === true
}

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
  /** How far the user was brought; undefined while its key is not known. */
  readonly progress: UserProgress | undefined
  /** Who has not read yet that the key, or the name, is listed; undefined when nobody can be asked. */
  readonly unread: readonly string[] | undefined
}

export interface UserClusterFacts {
  readonly uid: string | undefined
  readonly isSecured: boolean
  readonly isPaused: boolean
  /** Whether there are pods of both components that clients connect to. */
  readonly hasEntrances: boolean
  readonly endpoints: UserStatus['endpoints']
}

/** The status of a user: a pure function of what was found, and of when its condition last changed. @param now wall ms */
export function userStatus(user: MessagingUser, facts: UserFacts, now: number): UserStatus {
  const { generation } = user.metadata
  const { cluster, secretName, progress } = facts
  // Of a cluster that is not there it is kept which one that was: it may only be going.
  const before = cluster === undefined ? user.status : statusIn(user, cluster.uid)
  const clusterUid = cluster === undefined ? user.status?.clusterUid : cluster.uid
  const channels = [...(progress?.channels ?? before?.channels ?? [])]
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    conditions: conditionsOf([['Ready', ready(user, facts)]], user, now),
    ...(clusterUid !== undefined && { clusterUid }),
    ...(secretName !== undefined && { secretName }),
    ...(channels.length > 0 && { channels }),
    ...(cluster?.endpoints !== undefined && { endpoints: cluster.endpoints }),
  }
}

function ready(user: MessagingUser, facts: UserFacts): UserVerdict {
  const { cluster, problem, secretName } = facts
  const { spec } = user
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
  const unknown = keyUnknown(cluster, facts)
  if (unknown !== undefined) return no('KeyPending', `${waiting}${unknown}`)
  return loginOf(user, facts, statusIn(user, cluster.uid), waiting) ?? readyWith(secretName)
}

/** Why the user's key does not open all doors yet. */
function keyUnknown(
  { hasEntrances }: UserClusterFacts,
  { isListed, wasReady, unread }: UserFacts,
): string | undefined {
  if (wasReady) return undefined
  if (!isListed) return 'The key is not listed yet'
  if (!hasEntrances) return 'There is no broker or no proxy yet'
  if (unread === undefined) return 'The reference service cannot be asked whether the key is known everywhere'
  return unread.length === 0 ? undefined : `Not yet known to ${named(unread)}`
}

/** What is left to do of what the operator does as a client, if anything. */
function loginOf(
  { spec }: MessagingUser,
  { progress }: UserFacts,
  status: UserStatus | undefined,
  waiting: string,
): UserVerdict | undefined {
  // An operator that has just begun has not looked, and takes the word of the one before.
  const isKnown = progress?.isKnown ?? wasLoggedIn(status)
  const why = progress?.problem === undefined ? '' : `: ${progress.problem}`
  if (!isKnown) {
    return {
      status: 'False',
      reason: 'LoginPending',
      message: `${waiting}The user is not logged in yet${why}`,
    }
  }
  const { channels = [] } = spec
  const joined = progress?.channels ?? status?.channels ?? []
  const missing = channels.filter((channel) => !joined.includes(channel))
  const surplus = joined.filter((channel) => !channels.includes(channel))
  if (missing.length + surplus.length === 0) return undefined
  const parts = [
    ...(missing.length > 0 ? [`not yet in ${named(missing)}`] : []),
    ...(surplus.length > 0 ? [`not yet out of ${named(surplus)}`] : []),
  ]
  const message = `${waiting}The user is ${parts.join(' and ')}${why}`
  return { status: 'False', reason: 'ChannelsPending', message }
}

function readyWith(secretName: string): UserVerdict {
  const message = `Mount Secret ${secretName} as the folder of a client’s keys`
  return { status: 'True', reason: 'Ready', message }
}
