import type { KubeObject, ObjectKey, ResourceKind } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import type { Keyring } from '../security/index.ts'

/** What a cluster's objects depend on beside its resource. */
export interface RenderContext {
  /** The operator's own image and policy, for clusters that name none. */
  readonly image: string
  readonly imagePullPolicy: string
  /** Where the operator's pods are: they reach ref. */
  readonly operatorNamespace: string
  /** How many servers' pods there should be now: more than the resource asks for while some are being drained. */
  readonly serverReplicas: number
  /** All keys of a secured cluster; undefined while they cannot be had. */
  readonly keyring: Keyring | undefined
  /** Whether the API server has this kind: those of monitoring may be missing. */
  readonly serves: (kind: ResourceKind) => boolean
}

/** Makes one object of a cluster; undefined when the cluster is to have none. Pure: the same in, the same out. */
export type Builder = (cluster: MessagingCluster, context: RenderContext) => KubeObject | undefined

/** An object that a cluster has, or is not to have any more. */
export interface Child {
  readonly kind: ResourceKind
  readonly key: ObjectKey & { readonly namespace: string }
  /** As it is to be; undefined when it is not to be there. */
  readonly object: KubeObject | undefined
}
