import type {
  Dealer,
  EventRecorder,
  KubeApi,
  KubeCache,
  Log,
  ObjectKey,
  Pass,
  ResourceKind,
  Time,
  Timers,
} from '../../ports/index.ts'
import type { KeyMaker } from '../security/index.ts'
import type { UserClient } from '../users/index.ts'

/** Where clients of a cluster connect to: `tcp://host:port`. */
export interface ClientAddresses {
  readonly requests: string
  readonly publications: string
}

export interface ReconcilerOptions {
  readonly api: KubeApi
  /** Of every kind that the operator owns, the resource itself and the pods; of monitors only where their kind exists. */
  readonly cache: KubeCache
  readonly events: EventRecorder
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  /** A link to one ref: `tcp://host:port`; `pass` where the cluster is secured. */
  readonly openDealer: (address: string, pass?: Pass) => Dealer
  /** A client of a cluster, to act for its users. */
  readonly openClient: (addresses: ClientAddresses, pass: Pass) => Promise<UserClient>
  /** The `leaseTransitions` of the Lease that this operator holds. */
  readonly term: () => number
  /** Asks the API server whether this operator holds the Lease; its `leaseTransitions`, or undefined when it does not. */
  readonly confirmTerm: () => Promise<number | undefined>
  /** Whether the API server has this kind (monitors come and go with their definitions). */
  readonly serves: (kind: ResourceKind) => boolean
  /** Has this resource reconciled soon: something was learned that no watch tells. */
  readonly again: (key: ObjectKey) => void
  readonly makeKeys: KeyMaker
  /** For resources that name no image. */
  readonly image: string
  readonly imagePullPolicy: string
  /** Where the operator's own pods are: NetworkPolicies let them reach refs. */
  readonly operatorNamespace: string
}

/** What a pass over one resource came to. */
export interface ReconcileResult {
  /** When to look again though no watch tells of a change; absent: the usual resync. */
  readonly againAfterMs?: number
}

/** Makes clusters so as their resources say, one pass at a time. */
export interface Reconciler {
  /**
   * One pass over one resource, there or gone; never two at once for the same key.
   * @throws KubeError when something could not be written: try again, with back-off; status says why
   */
  reconcile(key: ObjectKey): Promise<ReconcileResult>
  /** A pod of this cluster came, went or changed in the cache: told to ref at once, before any pass. Never throws. */
  podsChanged(key: ObjectKey): void
  /** Ends all links to refs: another operator acts from now on. */
  stop(): Promise<void>
}
