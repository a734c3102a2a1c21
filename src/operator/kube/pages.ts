import { KubeError, type KubeObject, type ResourceKind } from '../../ports/index.ts'
import { parseAnswer } from './answers.ts'
import { collectionPath, withQuery } from './paths.ts'
import type { Requests } from './requests.ts'

/** Objects in one answer: some 4 MB of pods. */
const PAGE = 250
/** A list as long as this is not ours. */
const OBJECTS_MAX = 100_000
const DEADLINE_MS = 30_000

export interface Listing {
  readonly items: KubeObject[]
  /** From where a watch goes on. */
  readonly resourceVersion: string
}

/**
 * All objects of a kind, page by page, all as of one moment.
 * @throws KubeError; of status 410 when the list took so long that its next page is not kept any more
 */
export async function readPages(
  requests: Requests,
  kind: ResourceKind,
  { namespace, labelSelector }: { namespace?: string; labelSelector?: string },
): Promise<Listing> {
  const items: KubeObject[] = []
  let next: string | undefined
  for (;;) {
    const query = { labelSelector, limit: PAGE, continue: next }
    const path = withQuery(collectionPath(kind, namespace), query)
    const page = parseAnswer(await requests.send('list', { method: 'GET', path, deadlineMs: DEADLINE_MS }))
    const meta = page.metadata as { resourceVersion?: string; continue?: string }
    for (const item of (page['items'] ?? []) as KubeObject[]) items.push(ofKind(kind, item))
    if (items.length > OBJECTS_MAX) throw new KubeError(0, 'TooMany', `Too many objects of ${kind.kind}`)
    next = meta.continue || undefined
    if (next === undefined) return { items, resourceVersion: meta.resourceVersion ?? '' }
  }
}

/** Objects of a list do not say what they are; and who wrote which field, half of an object, is of no use here. */
export function ofKind({ apiVersion, kind }: ResourceKind, object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'] & {
    managedFields?: unknown
  }
  return { ...object, apiVersion, kind, metadata }
}
