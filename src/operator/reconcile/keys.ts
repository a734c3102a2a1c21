import { KubeError, type KubeObject, type Time } from '../../ports/index.ts'
import { clusterKeyOf } from '../keys.ts'
import { KINDS } from '../kinds.ts'
import { CHECK_USER, keysName, partKeysName } from '../names.ts'
import { isSecured, keysSecret } from '../resources/index.ts'
import {
  advanceRotation,
  askedFor,
  beginRotation,
  decideRotation,
  endRotation,
  filesOf,
  type Keyring,
  newKeyring,
  parseKeyring,
  ROTATE_ANNOTATION,
  type RotationDecision,
  unreadPods,
  withUsers,
} from '../security/index.ts'
import type { EventReason } from '../status/index.ts'
import { formatTimestamp } from '../timestamps.ts'
import { lookAgain, type Pass } from './pass.ts'

/** What is wrong with a cluster's keys. */
export interface KeysProblem {
  readonly reason: 'KeysLost' | 'KeysUnreadable'
  readonly message: string
}

/**
 * Makes a secured cluster's keys once, and brings them to what users and a rotation ask for. Written before anything is
 * made of them: who comes next goes on from there.
 */
export async function keepKeys(pass: Pass): Promise<void> {
  const { cluster, memory } = pass
  if (!isSecured(cluster)) return
  const found = await findKeys(pass)
  if (found !== undefined) take(pass, found)
  const { keyring, object } = memory.keys
  if (keyring !== undefined && object !== undefined && pass.keysProblem === undefined && !cluster.spec.paused)
    await changeKeys(pass, keyring, object)
  pass.render = { ...pass.render, keyring: memory.keys.keyring }
}

/** The Secret with the keys: as the watch shows it, unless it lags; made when there was none. */
async function findKeys(pass: Pass): Promise<KubeObject | undefined> {
  const { cluster, options, memory } = pass
  const key = { namespace: cluster.metadata.namespace, name: keysName(cluster.metadata.name) }
  const cached = options.cache.get(KINDS.secret, key)
  if (cached !== undefined && memory.keys.isReplaced(cached)) return undefined
  const live = cached ?? (await options.api.get(KINDS.secret, key))
  if (live !== undefined || cluster.spec.paused) return live
  const made = renewedKeys(pass)
  if (made === undefined) return undefined
  try {
    const object = await options.api.create(KINDS.secret, keysSecret(cluster, made))
    say(
      pass,
      'KeysMade',
      `Made the cluster’s keys in Secret ${key.name}: keep a copy of it with the volumes’`,
    )
    return object
  } catch (error) {
    if (!(error instanceof KubeError) || error.reason !== 'AlreadyExists') throw error
    return options.api.get(KINDS.secret, key)
  }
}

/**
 * The keys for a Secret that is not there: those that it held, if this operator knows them. New ones would shut out
 * everyone who has the old, and users whose secrets were made of them for ever, so they are for new clusters only.
 */
function renewedKeys(pass: Pass): Keyring | undefined {
  const { cluster, options, memory } = pass
  if (memory.keys.keyring !== undefined) return memory.keys.keyring
  const { name, namespace } = cluster.metadata
  const part = partKeysName(name, 'server')
  const { ownerReferences = [] } = options.cache.get(KINDS.secret, { namespace, name: part })?.metadata ?? {}
  if (!ownerReferences.some(({ uid }) => uid === cluster.metadata.uid)) {
    return newKeyring(options.makeKeys, askedFor(cluster.metadata.annotations?.[ROTATE_ANNOTATION]))
  }
  pass.keysProblem = {
    reason: 'KeysLost',
    message: `Secret ${keysName(name)} is gone, and pods have keys of it; put it back, or delete Secret ${part} for new ones`,
  }
  return undefined
}

function take(pass: Pass, object: KubeObject): void {
  const { cluster, memory, options } = pass
  const { name } = cluster.metadata
  if (clusterKeyOf(object)?.name !== name) {
    const message = `Secret ${keysName(name)} is not this cluster’s: it has not its labels`
    pass.keysProblem = { reason: 'KeysUnreadable', message }
    return
  }
  try {
    memory.keys.take(object, parseKeyring(filesOf(object)), now(options.time))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const message = `Secret ${keysName(name)}: ${error.message}; put it back as it was`
    pass.keysProblem = { reason: 'KeysUnreadable', message }
  }
}

async function changeKeys(pass: Pass, keyring: Keyring, object: KubeObject): Promise<void> {
  const { cluster, options, memory } = pass
  const withThem = withUsers(keyring, { keys: pass.users.keys, names: namesOf(pass) })
  const decision = rotationOf(pass, withThem)
  const next = rotated(pass, withThem, decision)
  pass.rotation = decision
  if (decision.step === 'wait' && decision.againAfterMs !== undefined) lookAgain(pass, decision.againAfterMs)
  const wanted = keysSecret(cluster, next)
  if (next === keyring && isOwnedAlike(wanted, object)) return
  const written = await options.api.merge(KINDS.secret, wanted.metadata, patchOf(wanted, object))
  memory.keys.take(written, next, now(options.time))
  tellRotation(pass, decision)
}

/** What a rotation does next, judged by what was read until now. */
function rotationOf({ cluster, observed, memory, options }: Pass, keyring: Keyring): RotationDecision {
  const { rotation } = keyring.state
  const unread =
    rotation === null ? [] : unreadPods(observed.pods, memory.membership.view, rotation.generation)
  return decideRotation({
    keyring,
    asked: cluster.metadata.annotations?.[ROTATE_ANNOTATION],
    unread: unread?.map(({ name }) => name),
    stepMs: options.time.monotonic() - memory.keys.stepAt,
  })
}

function rotated({ options }: Pass, keyring: Keyring, decision: RotationDecision): Keyring {
  if (decision.step === 'begin') return beginRotation(keyring, decision.asked, options.makeKeys)
  if (decision.step === 'advance') return advanceRotation(keyring)
  return decision.step === 'end' ? endRotation(keyring, formatTimestamp(options.time.wall())) : keyring
}

/** Whose names may be taken: all of them where any may, else the users, the check and the automatic clients. */
function namesOf({ cluster, users, observed }: Pass): readonly string[] | undefined {
  if (cluster.spec.security.users === 'any') return undefined
  const clients = observed.pods.filter(({ component }) => component === 'client').map(({ name }) => name)
  return [...users.names, CHECK_USER, ...clients]
}

/** Over the version that was read and no other: two who change keys at once would each undo the other's. */
function patchOf(wanted: KubeObject, object: KubeObject): unknown {
  const { resourceVersion } = object.metadata
  const data = wanted['data'] as Readonly<Record<string, string>>
  const gone = Object.keys(object['data'] ?? {}).filter((file) => !(file in data))
  return {
    metadata: { resourceVersion, ownerReferences: wanted.metadata.ownerReferences ?? null },
    data: { ...data, ...Object.fromEntries(gone.map((file) => [file, null])) },
  }
}

function isOwnedAlike(wanted: KubeObject, object: KubeObject): boolean {
  const owners = ({ metadata }: KubeObject): string =>
    (metadata.ownerReferences ?? []).map(({ uid }) => uid).join()
  return owners(wanted) === owners(object)
}

function now(time: Time): { readonly monotonic: number; readonly wall: number } {
  return { monotonic: time.monotonic(), wall: time.wall() }
}

function tellRotation(pass: Pass, { step }: RotationDecision): void {
  if (step === 'begin')
    say(pass, 'KeysRotating', 'All keys of the cluster give way to new ones, in three steps')
  if (step === 'end')
    say(pass, 'KeysRotated', 'All keys of the cluster are new, and no old one is taken any more')
}

function say({ options, cluster }: Pass, reason: EventReason, note: string): void {
  options.events.record(cluster, { type: 'Normal', reason, action: 'KeepKeys', note })
}
