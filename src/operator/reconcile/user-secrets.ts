import { KubeError, type KubeObject } from '../../ports/index.ts'
import type { MessagingUser } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { isSecured, renderedHash, userSecret } from '../resources/index.ts'
import type { Keyring } from '../security/index.ts'
import type { UserVerdict } from '../status/index.ts'
import { differences } from './compare.ts'
import { lookAgain, type Pass, WATCH_MS } from './pass.ts'
import { type Account, isOf } from './users.ts'

/** Makes the Secret of every user of a secured cluster, and keeps it as it should be. Its pair stands nowhere else. */
export async function keepUserSecrets(pass: Pass): Promise<void> {
  const { keyring } = pass.memory.keys
  if (!isSecured(pass.cluster) || keyring === undefined) return
  for (const account of pass.accounts) {
    if (account.problem !== undefined) continue
    try {
      account.problem = await keepSecret(pass, account, keyring)
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      pass.failures.push({ step: `Secret ${account.secretName}`, error })
      // Somebody else was faster: it is looked at again.
      if (error.status !== 409) account.problem = no('ApiRefused', error.message)
    }
  }
}

async function keepSecret(pass: Pass, account: Account, keyring: Keyring): Promise<UserVerdict | undefined> {
  const { user, secretName } = account
  const { namespace } = user.metadata
  const live = pass.options.cache.get(KINDS.secret, { namespace, name: secretName })
  if (live === undefined) return makeSecret(pass, account, keyring)
  const problem = strangeness(live, user)
  if (problem === undefined) await repairSecret(pass, account, { keyring, live })
  return problem
}

async function makeSecret(
  pass: Pass,
  { user, secretName }: Account,
  keyring: Keyring,
): Promise<UserVerdict | undefined> {
  const { api, makeKeys } = pass.options
  try {
    await api.create(KINDS.secret, userSecret(pass.cluster, user, { keyring, pair: makeKeys.pair() }))
    tellMade(pass, user, secretName)
    return undefined
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error
    // The watch lags, or it does not see what has not our label.
    lookAgain(pass, WATCH_MS)
    const live = await api.get(KINDS.secret, { namespace: user.metadata.namespace, name: secretName })
    return live === undefined ? undefined : strangeness(live, user)
  }
}

/** Why a Secret of the right name is not to be touched. */
function strangeness(secret: KubeObject, user: MessagingUser): UserVerdict | undefined {
  const { name, deletionTimestamp, ownerReferences = [] } = secret.metadata
  if (deletionTimestamp !== undefined) {
    return no('KeyPending', `Secret ${name} is being deleted; there will be a new one`)
  }
  if (isOf(secret, user)) return undefined
  const isOfNamesake = ownerReferences.some(({ kind, name: owner }) => {
    return kind === user.kind && owner === user.metadata.name
  })
  // Kubernetes takes away what belongs to a user that is no more.
  if (isOfNamesake) {
    return no('KeyPending', `Secret ${name} belongs to a former user of this name, and is taken away first`)
  }
  return no('SecretTaken', `Secret ${name} is not this user’s: rename or delete it`)
}

/** Writes what is missing or different, over the version that was read and no other. */
async function repairSecret(
  pass: Pass,
  { user, secretName, pair }: Account,
  { keyring, live }: { readonly keyring: Keyring; readonly live: KubeObject },
): Promise<void> {
  const { memory, options, cluster } = pass
  const { api, makeKeys, time } = options
  const wanted = userSecret(cluster, user, { keyring, pair: pair ?? makeKeys.pair() })
  const { labels } = wanted.metadata
  const data = wanted['data']
  const now = { metadata: { labels: live.metadata.labels }, data: live['data'] }
  if (differences({ metadata: { labels }, data }, now).length === 0) return
  const id = `Secret/${secretName}`
  const hash = renderedHash(wanted)
  const known = memory.applied.get(id)
  const since = known?.hash === hash ? time.monotonic() - known.at : WATCH_MS
  if (since < WATCH_MS) return lookAgain(pass, WATCH_MS - since)
  const { resourceVersion } = live.metadata
  await api.merge(KINDS.secret, live.metadata, { metadata: { resourceVersion, labels }, data })
  memory.applied.set(id, { hash, at: time.monotonic() })
  if (pair === undefined) tellMade(pass, user, secretName)
}

function tellMade({ options }: Pass, user: MessagingUser, secretName: string): void {
  options.events.record(user, {
    type: 'Normal',
    reason: 'UserKeyMade',
    action: 'KeepKeys',
    note: `A new pair of keys is in Secret ${secretName}`,
  })
}

function no(reason: UserVerdict['reason'], message: string): UserVerdict {
  return { status: 'False', reason, message }
}
