import { KubeError, type KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { FIELD_MANAGER } from '../names.ts'
import { type Child, children, renderedHash, wasApplied, withAppliedHash } from '../resources/index.ts'
import { differences } from './compare.ts'
import { imageOf } from './images.ts'
import { deleteOnce, lookAgain, type Pass, WATCH_MS } from './pass.ts'
import { keepClaimTemplates } from './storage.ts'

/** Makes every object of the cluster as it is rendered, and takes away those that it is not to have any more. */
export async function applyChildren(pass: Pass): Promise<void> {
  for (const child of children(pass.cluster, pass.render)) {
    try {
      await applyChild(pass, child)
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      pass.failures.push({ step: `${child.kind.kind} ${child.key.name}`, error })
    }
  }
}

async function applyChild(pass: Pass, { kind, key, object: rendered }: Child): Promise<void> {
  const { api, cache, time } = pass.options
  const live = cache.get(kind, key)
  if (rendered === undefined) return removeChild(pass, { kind, key, object: undefined }, live)
  // What is being deleted will be made anew once it is gone.
  if (live?.metadata.deletionTimestamp !== undefined) return
  const object =
    kind === KINDS.statefulSet && live !== undefined ? keepClaimTemplates(rendered, live) : rendered
  const id = `${kind.kind}/${key.name}`
  if (live !== undefined && isAsRendered(pass, id, object, live)) return
  const hash = renderedHash(object)
  const known = pass.memory.applied.get(id)
  const since = known?.hash === hash ? time.monotonic() - known.at : WATCH_MS
  const over = live?.metadata.resourceVersion
  if (since < WATCH_MS && (live === undefined || !wasApplied(object, live) || over === known?.over))
    return lookAgain(pass, WATCH_MS - since)
  // Only what the operator made is watched: of what is not known there may be one of somebody else.
  const there = live ?? (await api.get(kind, key))
  if (there !== undefined && !isOurs(pass, there)) throw taken(kind)
  if (live !== undefined && kind === KINDS.statefulSet) announceImage(pass, object, live)
  const result = await api.apply(kind, withAppliedHash(object))
  pass.memory.applied.set(id, { hash, at: time.monotonic(), over })
  const remaining = differences(object, result)
  pass.memory.excused.set(id, new Set(remaining))
  if (remaining.length > 0) {
    pass.options.log.warn(
      { object: id, fields: remaining },
      'The API server keeps fields otherwise than they were applied',
    )
  }
}

/** By its labels, or by its owner where somebody took those away. An application's own may have the same instance. */
function isOurs({ cluster }: Pass, { metadata }: KubeObject): boolean {
  const { labels, ownerReferences = [] } = metadata
  if (ownerReferences.some(({ uid }) => uid === cluster.metadata.uid)) return true
  const isMade = labels?.['app.kubernetes.io/managed-by'] === FIELD_MANAGER
  return isMade && labels?.['app.kubernetes.io/instance'] === cluster.metadata.name
}

function taken({ kind }: Child['kind']): KubeError {
  return new KubeError(
    422,
    'Invalid',
    `a ${kind} of this name is not this cluster’s; the operator leaves it alone: rename that, or the cluster`,
  )
}

function isAsRendered(pass: Pass, id: string, object: KubeObject, live: KubeObject): boolean {
  if (!wasApplied(object, live)) return false
  const excused = pass.memory.excused.get(id)
  const drifted = differences(object, live).filter((path) => excused?.has(path) !== true)
  if (drifted.length > 0)
    pass.options.log.info({ object: id, fields: drifted }, 'Somebody changed what is not theirs; repairing')
  return drifted.length === 0
}

async function removeChild(pass: Pass, { kind }: Child, live: KubeObject | undefined): Promise<void> {
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return
  const { ownerReferences = [] } = live.metadata
  // Not ours: somebody else made an object of this name.
  if (!ownerReferences.some((owner) => owner.uid === pass.cluster.metadata.uid)) return
  await deleteOnce(pass, kind, live.metadata, 'Background')
}

/** Says that a new operator brought a new image: for many it is the first they hear of it. */
function announceImage({ cluster, options }: Pass, object: KubeObject, live: KubeObject): void {
  const [next, former] = [imageOf(object), imageOf(live)]
  if (next === former || next === undefined) return
  const whose =
    cluster.spec.image.name === undefined ? 'The operator’s own image has changed' : 'spec.image has changed'
  options.events.record(cluster, {
    type: 'Normal',
    reason: 'ImageChanged',
    action: 'Roll',
    note: `${whose}: servers go from ${former} to ${next}, one at a time`,
  })
}
