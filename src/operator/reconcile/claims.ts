import type { KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { LEAVING_ANNOTATION } from './observe.ts'
import { deleteOnce, type Pass } from './pass.ts'
import type { ClaimFacts } from './scale.ts'

/** Marks the claims of servers that are to leave, before anyone is told that they are. */
export async function markLeaving(pass: Pass): Promise<void> {
  for (const claim of pass.scale.mark) await annotate(pass, claim, 'true')
}

export async function unmarkStaying(pass: Pass): Promise<void> {
  for (const claim of pass.scale.unmark) await annotate(pass, claim, null)
}

/** Deletes what removed servers leave behind: they may only come back as new ones. */
export async function deleteRemoved(pass: Pass): Promise<void> {
  const { options, cluster, scale } = pass
  const { namespace } = cluster.metadata
  for (const { name, uid, ordinal } of scale.remove) {
    if (!(await deleteOnce(pass, KINDS.volumeClaim, { name, namespace, uid }))) continue
    options.events.record(cluster, {
      type: 'Normal',
      reason: 'ServerRemoved',
      action: 'ScaleDown',
      note: `Server ${ordinal} is drained and gone; deleted its volume claim ${name}`,
    })
  }
}

async function annotate(
  { options, cluster }: Pass,
  { name }: ClaimFacts,
  value: string | null,
): Promise<KubeObject> {
  const { namespace } = cluster.metadata
  const patch = { metadata: { annotations: { [LEAVING_ANNOTATION]: value } } }
  return options.api.merge(KINDS.volumeClaim, { namespace, name }, patch)
}
