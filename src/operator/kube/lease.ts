import type { KubeObject, ObjectKey } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { formatMicroTimestamp } from '../timestamps.ts'

/** What a Lease says. */
export interface Lease {
  /** Empty when nobody holds it. */
  readonly holder: string
  readonly transitions: number
  readonly durationMs: number
  /** By the holder's clock; it only shows that something changed. */
  readonly renewedAtMs: number | undefined
  /** As it was read; absent when it is still to be made. */
  readonly object: KubeObject | undefined
}

/** A Lease that did not change for so long may be taken: by our own clock, whatever times it says. */
export const LEASE_MS = 15_000

export function leaseOf(object: KubeObject): Lease {
  const spec = (object['spec'] ?? {}) as Readonly<Record<string, unknown>>
  const seconds = spec['leaseDurationSeconds']
  return {
    holder: typeof spec['holderIdentity'] === 'string' ? spec['holderIdentity'] : '',
    transitions: typeof spec['leaseTransitions'] === 'number' ? spec['leaseTransitions'] : 0,
    durationMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : LEASE_MS,
    renewedAtMs: undefined,
    object,
  }
}

/** The Lease at the beginning of somebody's lead: each is a term of its own, also when the same one leads again. */
export function taken(former: Lease | undefined, identity: string, nowMs: number): Lease {
  return {
    holder: identity,
    transitions: former === undefined ? 0 : former.transitions + 1,
    durationMs: LEASE_MS,
    renewedAtMs: nowMs,
    object: former?.object,
  }
}

export function renewed(lease: Lease, nowMs: number): Lease {
  return { ...lease, renewedAtMs: nowMs }
}

/** Whether nobody wrote between one reading and the other. */
export function isSame(a: Lease, b: Lease): boolean {
  return a.object?.metadata.resourceVersion === b.object?.metadata.resourceVersion
}

/** The object to write: only over the version that was read. */
export function leaseWith(key: ObjectKey, lease: Lease): KubeObject {
  const former = lease.object?.['spec'] as Readonly<Record<string, unknown>> | undefined
  const now = lease.renewedAtMs === undefined ? {} : { renewTime: formatMicroTimestamp(lease.renewedAtMs) }
  const acquired = former?.['holderIdentity'] === lease.holder ? {} : { acquireTime: now.renewTime }
  return {
    apiVersion: KINDS.lease.apiVersion,
    kind: KINDS.lease.kind,
    metadata: lease.object?.metadata ?? { ...key, name: key.name },
    spec: {
      ...former,
      ...acquired,
      ...now,
      holderIdentity: lease.holder,
      leaseTransitions: lease.transitions,
      leaseDurationSeconds: lease.durationMs / 1000,
    },
  }
}
