import { KubeError, type KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { canonicalQuantity } from '../resources/index.ts'
import { differences } from './compare.ts'
import { deleteOnce, lookAgain, type Pass } from './pass.ts'
import { parseQuantity } from './quantity.ts'

/** Between two attempts to let a volume grow whose class refused. */
const RETRY_MS = 600_000

interface ClaimTemplate {
  readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } }
}

/**
 * Lets volumes grow to what the resource asks for. A StatefulSet's claim templates cannot change, so it is deleted, its
 * pods kept, and made anew by the next pass.
 */
export async function growStorage(pass: Pass): Promise<void> {
  const { cluster, observed, memory, options } = pass
  const size = canonicalQuantity(cluster.spec.servers.storage.size)
  const now = options.time.monotonic()
  if (memory.growth?.size === size && now - memory.growth.at < RETRY_MS) {
    return lookAgain(pass, RETRY_MS - (now - memory.growth.at))
  }
  const small = observed.claims.filter(
    ({ object, terminating }) => !terminating && isBound(object) && isSmaller(storageOf(object), size),
  )
  const refusals: string[] = []
  for (const { object } of small) {
    try {
      await grow(pass, object, size)
    } catch (error) {
      if (!(error instanceof KubeError) || ![403, 422].includes(error.status)) throw error
      // The others may grow all the same.
      refusals.push(error.message)
    }
  }
  const [message] = refusals
  memory.growth = message === undefined ? undefined : { size, message, at: now }
  if (message === undefined) return replaceSet(pass, size)
  lookAgain(pass, RETRY_MS)
  options.events.record(cluster, {
    type: 'Warning',
    reason: 'StorageNotExpandable',
    action: 'Grow',
    note: `${refusals.length} of ${small.length} volumes cannot grow to ${size}: ${message}`,
  })
}

/** The rendered StatefulSet with the claim templates that the live one has: others would be refused. */
export function keepClaimTemplates(rendered: KubeObject, live: KubeObject): KubeObject {
  const spec = rendered['spec'] as { volumeClaimTemplates?: unknown }
  const kept = (live['spec'] as { volumeClaimTemplates?: unknown } | undefined)?.volumeClaimTemplates
  if (kept === undefined || differences(spec.volumeClaimTemplates, kept).length === 0) return rendered
  return { ...rendered, spec: { ...spec, volumeClaimTemplates: kept } }
}

async function grow({ options, cluster }: Pass, claim: KubeObject, size: string): Promise<void> {
  const { name, namespace } = claim.metadata
  await options.api.merge(
    KINDS.volumeClaim,
    { name, ...(namespace !== undefined && { namespace }) },
    {
      spec: { resources: { requests: { storage: size } } },
    },
  )
  options.events.record(cluster, {
    type: 'Normal',
    reason: 'StorageGrows',
    action: 'Grow',
    note: `${name} is to grow from ${storageOf(claim)} to ${size}`,
  })
}

async function replaceSet(pass: Pass, size: string): Promise<void> {
  const { options, observed } = pass
  const { statefulSet: live } = observed
  const uid = live?.metadata.uid
  if (live === undefined || uid === undefined || live.metadata.deletionTimestamp !== undefined) return
  const [template] =
    (live['spec'] as { volumeClaimTemplates?: readonly ClaimTemplate[] }).volumeClaimTemplates ?? []
  if (template === undefined || !isSmaller(template.spec?.resources?.requests?.storage, size)) return
  if (!(await deleteOnce(pass, KINDS.statefulSet, live.metadata, 'Orphan'))) return
  const { name } = live.metadata
  options.log.info(
    { statefulset: name, size },
    'Deleted the StatefulSet, its pods kept, to make it anew with larger volumes',
  )
}

/** One that is not bound yet cannot grow, and is looked at again once it is. */
function isBound(claim: KubeObject): boolean {
  return (claim['status'] as { readonly phase?: string } | undefined)?.phase !== 'Pending'
}

function storageOf(claim: KubeObject): string | undefined {
  return (claim['spec'] as ClaimTemplate['spec'])?.resources?.requests?.storage
}

function isSmaller(size: string | undefined, than: string): boolean {
  const [is, shall] = [parseQuantity(size), parseQuantity(than)]
  return is !== undefined && shall !== undefined && is < shall
}
