import { serverName } from '../names.ts'
import { markLeaving } from './claims.ts'
import type { Pass } from './pass.ts'
import { refAddresses, reportedPods } from './reports.ts'

/** Tells refs which servers there shall be, once what must survive this operator is written down. */
export async function tellRefs(pass: Pass): Promise<void> {
  const { cluster, observed, memory, scale } = pass
  const { pods } = observed
  // Names that refs were told already may be told again: only who leaves must be marked first.
  try {
    if (!cluster.spec.paused) await markLeaving(pass)
  } catch (error) {
    const wanted = memory.membership.report?.wanted
    if (wanted !== undefined)
      memory.membership.tell({ wanted, pods: reportedPods(pods) }, refAddresses(pods, memory))
    throw error
  }
  const wanted = Array.from({ length: scale.wanted }, (_, ordinal) =>
    serverName(cluster.metadata.name, ordinal),
  )
  memory.membership.tell({ wanted, pods: reportedPods(pods) }, refAddresses(pods, memory))
}
