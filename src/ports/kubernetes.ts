/**
 * Kubernetes as the operator's cores see it: plain JSON objects, as the API server sends and takes them. No model
 * classes: those of client libraries drop fields that they do not know.
 */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [key: string]: unknown
}

/** A kind and how its objects are addressed. */
export interface ResourceKind {
  /** `v1`, `apps/v1`, ... */
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

export interface ObjectKey {
  /** Absent for objects that belong to no namespace. */
  readonly namespace?: string
  readonly name: string
}

/** What the operator asks of the API server. Every call has a deadline; failures are `KubeError`s. */
export interface KubeApi {
  get(kind: ResourceKind, key: ObjectKey): Promise<KubeObject | undefined>
  /** All of a kind, of one namespace or of all, read page by page. */
  list(kind: ResourceKind, options?: { namespace?: string; labelSelector?: string }): Promise<KubeObject[]>
  /** Server-side apply by the operator's one field manager, forced: what the object names is the operator's. */
  apply(kind: ResourceKind, object: KubeObject): Promise<KubeObject>
  /** The same for the subresource `status`. */
  applyStatus(kind: ResourceKind, object: KubeObject): Promise<KubeObject>
  create(kind: ResourceKind, object: KubeObject): Promise<KubeObject>
  /** Writes the whole object; with a `resourceVersion`, only over that version (409 otherwise). */
  replace(kind: ResourceKind, object: KubeObject): Promise<KubeObject>
  /** A JSON merge patch (RFC 7386). */
  merge(kind: ResourceKind, key: ObjectKey, patch: unknown): Promise<KubeObject>
  /** True when it was there. With `uid`, only that very object. */
  delete(kind: ResourceKind, key: ObjectKey, options?: DeleteOptions): Promise<boolean>
  /** Asks for a pod's eviction: `blocked` when a budget does not allow it now. */
  evict(key: ObjectKey, options?: { uid?: string }): Promise<'evicted' | 'blocked' | 'gone'>
}

export interface DeleteOptions {
  readonly uid?: string
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
}

/** What the watches know of the objects of some kinds at this moment; reading it costs no request. */
export interface KubeCache {
  get(kind: ResourceKind, key: ObjectKey): KubeObject | undefined
  /** Of one namespace, with all of these labels. */
  list(
    kind: ResourceKind,
    namespace: string,
    labels?: Readonly<Record<string, string>>,
  ): readonly KubeObject[]
}

/** A refusal of the API server, or no answer at all (`status` 0). */
export class KubeError extends Error {
  /** The HTTP status. */
  readonly status: number
  /** Kubernetes' own word for it: `NotFound`, `Conflict`, `Invalid`, `Forbidden`, ... */
  readonly reason: string
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined
  /** Of what failed in part: after how long the rest wants to be looked at. */
  againAfterMs: number | undefined

  constructor(
    status: number,
    reason: string,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options)
    this.name = 'KubeError'
    this.status = status
    this.reason = reason
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** Says something on an object that people see with `kubectl describe`; never throws, never waits. */
export interface EventRecorder {
  record(regarding: KubeObject, event: KubeEvent): void
}

export interface KubeEvent {
  readonly type: 'Normal' | 'Warning'
  /** UpperCamelCase, from the operator's catalogue of reasons. */
  readonly reason: string
  /** What the operator did or tried, UpperCamelCase. */
  readonly action: string
  /** A sentence for a person: what happened and what to do. */
  readonly note: string
}
