import type {
  Cancel,
  Chance,
  KubeObject,
  KubeTransport,
  Log,
  Metrics,
  ObjectKey,
  ResourceKind,
  Time,
  Timers,
} from '../ports/index.ts'
import { clusterKeyOf, clusterKeyOfUser, keyOf, textOf } from './keys.ts'
import { KINDS } from './kinds.ts'
import {
  ApiEventRecorder,
  type Change,
  Elector,
  fenced,
  HttpKubeApi,
  LEASE_MS,
  ObjectCache,
  RENEW_MS,
  Requests,
  Watches,
  WorkQueue,
} from './kube/index.ts'
import type { Reconciler, ReconcilerOptions } from './reconcile/types.ts'
import { SuccessAges } from './success-ages.ts'
import { OPTIONAL, WATCHED } from './watched.ts'

/** What the operator finds out itself and hands to whoever judges. */
export type ReconcilerContext = Pick<
  ReconcilerOptions,
  'api' | 'cache' | 'events' | 'time' | 'timers' | 'log' | 'term' | 'confirmTerm' | 'serves' | 'again'
>

export interface OperatorOptions {
  readonly transport: KubeTransport
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  /** This pod's name, and that of its Lease. */
  readonly name: string
  readonly lease: ObjectKey
  /** Empty: all of them. */
  readonly watchNamespaces: readonly string[]
  readonly resyncMs: number
  /** Makes what acts while this operator leads; one for each lead. */
  readonly createReconciler: (context: ReconcilerContext) => Reconciler
  /** Ends the process: what it does cannot be brought to an end otherwise. */
  readonly fail: (error: unknown) => void
}

/** MessagingClusters that are passed over at once: a pass mostly waits for the API server. */
const CONCURRENCY = 4
/** A pass that lasts longer hangs: each of its requests has a deadline of seconds. */
const PASS_MS_MAX = 300_000
/** A Lease must be renewed more than once before it is lost: its requests may not wait as long as others. */
const LEASE_REQUEST_MS = 4000

/**
 * Watches all there is of MessagingClusters; while it leads, passes over each at every change, at every resync, and
 * again after a failure.
 */
export class Operator {
  readonly #options: OperatorOptions
  readonly #cache = new ObjectCache()
  readonly #api: HttpKubeApi
  readonly #events: ApiEventRecorder
  readonly #watches: Watches
  readonly #queue: WorkQueue
  readonly #elector: Elector
  readonly #ages: SuccessAges
  #reconciler: Reconciler | undefined
  /** What was done in a former lead and is still ending; the next begins after it. */
  #ending: Promise<unknown> = Promise.resolve()
  #leads = 0
  #cancelResync: Cancel = () => {}

  constructor(options: OperatorOptions) {
    const { chance, lease, metrics, name, resyncMs, transport, watchNamespaces } = options
    this.#options = options
    const requests = new Requests(transport, metrics)
    this.#api = new HttpKubeApi(requests)
    this.#events = new ApiEventRecorder({ ...options, api: this.#api, instance: name })
    this.#ages = new SuccessAges(options)
    this.#watches = new Watches({
      ...options,
      requests,
      cache: this.#cache,
      namespaces: watchNamespaces,
      watched: WATCHED,
      optional: OPTIONAL,
      resyncMs,
      changed: (change) => this.#changed(change),
      healthChanged: () => this.#healthChanged(),
      servedChanged: () => this.#addAll(),
    })
    this.#queue = new WorkQueue({
      ...options,
      work: (key) => this.#pass(key),
      concurrency: CONCURRENCY,
      deadlineMs: PASS_MS_MAX,
      stuck: (key) => options.fail(new Error(`A pass over ${key} did not end within ${PASS_MS_MAX} ms`)),
    })
    this.#elector = new Elector({
      ...options,
      api: new HttpKubeApi(requests, { deadlineMs: LEASE_REQUEST_MS }),
      lease,
      identity: `${name}_${Math.floor(chance.next() * 2 ** 32).toString(16)}`,
      began: () => void this.#lead(),
      ended: () => this.#endLead(),
    })
  }

  start(): void {
    this.#watches.start()
    this.#elector.start()
    this.#cancelResync = this.#options.timers.every(this.#options.resyncMs, () => this.#resync())
  }

  /** Ends what is under way, then gives the Lease back. */
  async stop(): Promise<void> {
    this.#cancelResync()
    this.#watches.stop()
    await this.#endWork()
    await this.#elector.stop()
    this.#events.stop()
  }

  /** True once all is known that there is, whether this operator leads or not. */
  readiness(): true | string {
    return this.#watches.readiness()
  }

  #changed({ kind, object, isGone }: Change): void {
    const key = keyToPass(kind, object)
    if (key === undefined || this.#reconciler === undefined) return
    if (kind === KINDS.messagingCluster) this.#ages[isGone ? 'forget' : 'expect'](textOf(key))
    if (kind === KINDS.pod) this.#reconciler.podsChanged(key)
    this.#queue.add(textOf(key))
  }

  #healthChanged(): void {
    // What is not known to be so is no base for acting; and while the API server is away nothing could be done.
    if (!this.#watches.isHealthy) return this.#queue.hold()
    if (this.#reconciler === undefined) return
    this.#addAll()
    this.#queue.resume()
  }

  async #lead(): Promise<void> {
    const lead = ++this.#leads
    await this.#ending
    if (lead === this.#leads) this.#beginLead()
  }

  #beginLead(): void {
    const { createReconciler, time, timers, log } = this.#options
    const elector = this.#elector
    this.#reconciler = createReconciler({
      api: fenced(this.#api, () => elector.isLeading),
      cache: this.#cache,
      events: this.#events,
      time,
      timers,
      log,
      term: () => elector.term,
      confirmTerm: () => elector.confirmTerm(),
      serves: (kind) => this.#watches.serves(kind),
      again: (key) => this.#queue.add(textOf(key)),
    })
    this.#addAll()
    if (this.#watches.isHealthy) this.#queue.resume()
  }

  #endLead(): void {
    const { timers, fail } = this.#options
    const late = new Error('What the operator did as the leader did not end when it had to')
    const cancel = timers.after(LEASE_MS - RENEW_MS, () => fail(late))
    this.#leads += 1
    this.#ending = this.#endWork().then(cancel, fail)
  }

  async #endWork(): Promise<void> {
    const reconciler = this.#reconciler
    this.#reconciler = undefined
    this.#ages.forgetAll()
    this.#queue.hold()
    await Promise.all([reconciler?.stop(), this.#queue.clear()])
  }

  #addAll(): void {
    for (const key of this.#clusters()) this.#ages.expect(key)
    for (const key of this.#keys()) this.#queue.add(key)
  }

  /** All of them, but not all in one moment. */
  #resync(): void {
    const { chance, resyncMs } = this.#options
    for (const key of this.#keys()) this.#queue.addAfter(key, (chance.next() * resyncMs) / 2)
  }

  /** The keys of those to look after: none while another operator leads. */
  #clusters(): readonly string[] {
    if (this.#reconciler === undefined) return []
    return this.#cache.all(KINDS.messagingCluster).map((cluster) => textOf(keyOf(cluster)))
  }

  /** Those, and what users say that they belong to: one whose cluster is not there is told so. */
  #keys(): ReadonlySet<string> {
    if (this.#reconciler === undefined) return new Set()
    const ofUsers = this.#cache.all(KINDS.messagingUser).flatMap((user) => clusterKeyOfUser(user) ?? [])
    return new Set([...this.#clusters(), ...ofUsers.map(textOf)])
  }

  async #pass(text: string): Promise<number | undefined> {
    const reconciler = this.#reconciler
    if (reconciler === undefined) return undefined
    const { time, metrics } = this.#options
    const [namespace = '', name = ''] = text.split('/')
    // It is looked at once its namespace can be watched again.
    if (!this.#watches.isHealthyIn(namespace)) return undefined
    const begun = time.monotonic()
    let result = 'error'
    try {
      const { againAfterMs } = await reconciler.reconcile({ namespace, name })
      result = 'success'
      if (this.#cache.get(KINDS.messagingCluster, { namespace, name })) this.#ages.succeeded(text)
      return againAfterMs
    } finally {
      metrics.add('recado_operator_reconciles_total', 1, { result })
      metrics.observe('recado_operator_reconcile_duration_seconds', (time.monotonic() - begun) / 1000)
    }
  }
}

/** The cluster to pass over when something happened to this object. */
function keyToPass(kind: ResourceKind, object: KubeObject): ObjectKey | undefined {
  if (kind === KINDS.messagingCluster) return keyOf(object)
  return kind === KINDS.messagingUser ? clusterKeyOfUser(object) : clusterKeyOf(object)
}
