import { KubeError } from '../../ports/index.ts'
import type { MessagingUser, UserStatus } from '../api/index.ts'
import { textOf } from '../keys.ts'
import { KINDS } from '../kinds.ts'
import { clientAddresses, isSecured } from '../resources/index.ts'
import { unreadPods } from '../security/index.ts'
import { compareStatus, statusIn, type UserFacts, undated, userStatus, wasLoggedIn } from '../status/index.ts'
import { type Pass, WATCH_MS } from './pass.ts'
import type { ReconcilerOptions } from './types.ts'
import type { Account } from './users.ts'

/** Where clients connect to: those must know a user's key, and servers its name where only listed users exist. */
const ENTRANCES = ['broker', 'proxy']

type Written = Map<string, { readonly status: UserStatus; readonly at: number }>

/** What is remembered of a user's key. */
export interface UserKey {
  readonly key: string
  /** Who has read this or a later one admits the key. */
  readonly generation: number
  /** Whether all who must have. */
  isReady: boolean
}

/** Writes the status of users, each only when it differs from what the resource says. */
export class UserStatuses {
  readonly #options: ReconcilerOptions
  /** What was written to whom, as long as the watch may not have told of it. */
  readonly #written: Written = new Map()

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** @throws KubeError */
  async write(user: MessagingUser, facts: UserFacts): Promise<void> {
    const { api, cache, time } = this.#options
    const { name, namespace } = user.metadata
    const now = time.monotonic()
    for (const [key, { at }] of this.#written) if (now - at >= WATCH_MS) this.#written.delete(key)
    const status = userStatus(user, facts, time.wall())
    if (compareStatus(status, cache.get(KINDS.messagingUser, user.metadata)?.['status']) === 'same') return
    const former = this.#written.get(textOf(user.metadata))?.status
    if (former !== undefined && compareStatus(undated(status), undated(former)) === 'same') return
    const { apiVersion, kind } = KINDS.messagingUser
    try {
      await api.applyStatus(KINDS.messagingUser, { apiVersion, kind, metadata: { name, namespace }, status })
      this.#written.set(textOf(user.metadata), { status, at: now })
    } catch (error) {
      // It is gone: there is nobody to tell anything of.
      if (!(error instanceof KubeError) || error.status !== 404) throw error
    }
  }

  /** Of users whose cluster is not there. @throws KubeError */
  async writeLost(users: readonly MessagingUser[]): Promise<void> {
    for (const user of users) {
      await this.write(user, {
        cluster: undefined,
        problem: undefined,
        secretName: undefined,
        isListed: false,
        wasReady: false,
        progress: undefined,
        unread: undefined,
      })
    }
  }
}

/** Tells every user of the cluster whether it can connect. */
export async function writeUserStatuses(pass: Pass): Promise<void> {
  const names = new Set(pass.accounts.map(({ user }) => user.metadata.name))
  for (const name of pass.memory.userKeys.keys()) if (!names.has(name)) pass.memory.userKeys.delete(name)
  for (const account of pass.accounts) await pass.userStatuses.write(account.user, factsOf(pass, account))
}

function factsOf(pass: Pass, account: Account): UserFacts {
  const { cluster, observed, memory } = pass
  const entrances = observed.pods.filter(
    ({ component, terminating }) => ENTRANCES.includes(component) && !terminating,
  )
  const hasEntrances = ENTRANCES.every((each) => entrances.some(({ component }) => component === each))
  const key = account.pair?.publicKey
  const isListed = memory.keys.keyring?.users.some((each) => each.key === key) === true
  const known = key !== undefined && isListed ? listedKey(pass, account.user, key) : undefined
  const readers =
    cluster.spec.security.users === 'listed'
      ? [...entrances, ...observed.pods.filter(({ component }) => component === 'server')]
      : entrances
  const unread = known && unreadPods(readers, memory.membership.view, known.generation)
  const wasReady = key !== undefined && (known?.isReady ?? isKnownReady(pass, account.user, key))
  if (known !== undefined && unread?.length === 0 && hasEntrances) known.isReady = true
  return {
    cluster: {
      uid: cluster.metadata.uid,
      isSecured: isSecured(cluster),
      isPaused: cluster.spec.paused,
      hasEntrances,
      endpoints: clientAddresses(cluster),
    },
    problem: account.problem,
    secretName: key === undefined ? undefined : account.secretName,
    isListed,
    wasReady,
    progress: memory.userKeeper.progressOf(account.user.metadata.name),
    unread: unread?.map(({ name }) => name),
  }
}

/** What is remembered of a key that is listed: since which generation, as far as this operator knows. */
function listedKey(pass: Pass, user: MessagingUser, key: string): UserKey {
  const { userKeys, keys } = pass.memory
  const known = userKeys.get(user.metadata.name)
  if (known?.key === key) return known
  const generation = keys.keyring?.state.generation ?? 0
  const made = { key, generation, isReady: isKnownReady(pass, user, key) }
  userKeys.set(user.metadata.name, made)
  return made
}

/** Whether the status says so of this very key: an operator that has just begun takes the word of the one before. */
function isKnownReady({ memory, cluster }: Pass, user: MessagingUser, key: string): boolean {
  const known = memory.userKeys.get(user.metadata.name)
  if (known !== undefined) return known.key === key && known.isReady
  return wasLoggedIn(statusIn(user, cluster.metadata.uid))
}
