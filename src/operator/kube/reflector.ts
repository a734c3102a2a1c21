import type {
  Cancel,
  Chance,
  KubeError,
  KubeObject,
  KubeResponse,
  Log,
  Metrics,
  ResourceKind,
  Time,
  Timers,
} from '../../ports/index.ts'
import { textOf } from '../keys.ts'
import { kubeError, refusal, statusError } from './answers.ts'
import { BackOff } from './back-off.ts'
import type { ObjectCache } from './cache.ts'
import { ofKind, readPages } from './pages.ts'
import { collectionPath, withQuery } from './paths.ts'
import type { Reachability } from './reachability.ts'
import type { Requests } from './requests.ts'

/** What the watches of one operator share. */
export interface ReflectorContext {
  readonly requests: Requests
  readonly cache: ObjectCache
  readonly reachability: Reachability
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  /** After an object came, changed or went. It may only take note. */
  readonly changed: (change: Change) => void
  /** It lost the API server, found it again, or is whole for the first time. */
  readonly stateChanged: () => void
}

export interface Change {
  readonly kind: ResourceKind
  /** As it is, or as it was when it went. */
  readonly object: KubeObject
  readonly isGone: boolean
}

/** All objects of a kind that are watched together. */
export interface Selection {
  readonly kind: ResourceKind
  /** Absent: of all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
}

/** The API server sends a bookmark each minute: a stream that is still for longer is dead. */
const IDLE_MS = 130_000
/** How long the beginning of a watch may take. */
const OPENING_MS = 30_000
/** The API server ends a watch after as long as it is asked to, here from one to two times this. */
const WATCH_SECONDS = 300
/** A watch that ends sooner did not work: waiting begins where it was. */
const WORKED_MS = 10_000
const WAIT = { minMs: 500, maxMs: 5000 }

/**
 * Keeps the cache as the API server has it: lists, then watches from there; after any failure waits, and does so again.
 * It does one of the three at a time.
 */
export class Reflector {
  readonly selection: Selection
  readonly #context: ReflectorContext
  readonly #wait: BackOff
  /** What has begun under a former number may not act any more. */
  #generation = 0
  #cancels: Cancel[] = []
  #version = ''
  #isSynced = false
  #failure: KubeError | undefined
  #failingSince = 0
  #heardAt = 0
  #watchingSince: number | undefined

  constructor(context: ReflectorContext, selection: Selection) {
    this.selection = selection
    this.#context = context
    this.#wait = new BackOff({ ...WAIT, chance: context.chance })
  }

  /** It has listed at least once. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** What went wrong last, while that lasts. */
  get failure(): KubeError | undefined {
    return this.#failure
  }

  /** How long it has been failing, in ms. */
  get failingMs(): number {
    return this.#failure === undefined ? 0 : this.#context.time.monotonic() - this.#failingSince
  }

  start(): void {
    void this.#list(this.#begin())
  }

  /** Ends it; with `forget`, the cache drops what it told. */
  stop(options: { forget?: boolean } = {}): void {
    this.#begin()
    if (options.forget === true) this.#replace([])
  }

  /** Whatever was under way is over. */
  #begin(): number {
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
    return ++this.#generation
  }

  async #list(generation: number): Promise<void> {
    const { requests } = this.#context
    const { kind } = this.selection
    try {
      const { items, resourceVersion } = await readPages(requests, kind, this.selection)
      if (generation !== this.#generation) return
      this.#replace(items)
      this.#version = resourceVersion
    } catch (error) {
      if (generation === this.#generation) this.#failed(kubeError(error))
      return
    }
    this.#watch()
  }

  #watch(): void {
    const generation = this.#begin()
    const isCurrent = (): boolean => generation === this.#generation
    const { requests, time, chance } = this.#context
    const path = withQuery(collectionPath(this.selection.kind, this.selection.namespace), {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#version,
      timeoutSeconds: Math.round(WATCH_SECONDS * (1 + chance.next())),
      labelSelector: this.selection.labelSelector,
    })
    this.#heardAt = time.monotonic()
    this.#watchingSince = this.#heardAt
    const cancel = requests.watch(path, {
      opened: () => {
        if (isCurrent()) this.#opened()
      },
      line: (text) => {
        if (isCurrent()) this.#line(text)
      },
      ended: (end) => {
        if (isCurrent()) this.#ended(end)
      },
    })
    this.#cancels.push(cancel)
    this.#listenFor(OPENING_MS)
  }

  #opened(): void {
    this.#heardAt = this.#context.time.monotonic()
    this.#listenFor(IDLE_MS)
    const isNews = !this.#isSynced || this.#failure !== undefined
    if (this.#failure !== undefined) this.#context.log.info(this.#fields(), 'Watching again')
    this.#isSynced = true
    this.#failure = undefined
    if (isNews) this.#context.stateChanged()
  }

  /** Gives up the watch when nothing is heard of it for so long. */
  #listenFor(ms: number): void {
    const generation = this.#generation
    const { time, timers } = this.#context
    const look = (): void => {
      const restMs = this.#heardAt + ms - time.monotonic()
      if (restMs > 0) schedule(restMs)
      else this.#failed(kubeError(new Error(`a watch was silent for ${ms} ms`)))
    }
    const schedule = (afterMs: number): void => {
      if (generation === this.#generation) this.#cancels[1] = timers.after(afterMs, look)
    }
    this.#cancels[1]?.()
    schedule(ms)
  }

  #line(text: string): void {
    this.#heardAt = this.#context.time.monotonic()
    let event: { type?: string; object?: KubeObject }
    try {
      event = JSON.parse(text) as typeof event
    } catch (error) {
      this.#failed(kubeError(error))
      return
    }
    const { type, object } = event
    if (type === 'ERROR') return this.#failed(statusError(object))
    if (object?.metadata?.resourceVersion === undefined) {
      return this.#failed(kubeError(new Error('a watch sent an event without an object')))
    }
    this.#version = object.metadata.resourceVersion
    if (type === 'DELETED') this.#remove(object)
    else if (type !== 'BOOKMARK') this.#put(ofKind(this.selection.kind, object))
  }

  #ended(end: KubeResponse | Error): void {
    if (end instanceof Error) return this.#failed(kubeError(end))
    if (end.status !== 200) return this.#failed(refusal(end))
    // The usual end: the time that was asked for is over, and the next watch goes on from here.
    const worked = this.#worked()
    this.#after(worked ? 0 : this.#wait.next(), () => this.#watch())
  }

  #failed(error: KubeError): void {
    const { log, metrics, time } = this.#context
    this.#worked()
    const former = this.#failure
    if (former === undefined) this.#failingSince = time.monotonic()
    this.#failure = error
    const { status, reason, message } = error
    if (former?.status !== status) {
      log.warn({ ...this.#fields(), status, reason, error: message }, 'A watch failed and begins anew')
    }
    metrics.add('recado_operator_watch_restarts_total', 1, { kind: this.selection.kind.kind })
    this.#listAgain(error)
    if (former === undefined) this.#context.stateChanged()
  }

  /** Waiting begins small again after a watch that worked for a while. */
  #worked(): boolean {
    const since = this.#watchingSince
    this.#watchingSince = undefined
    const worked = since !== undefined && this.#context.time.monotonic() - since >= WORKED_MS
    if (worked) this.#wait.reset()
    return worked
  }

  #listAgain({ reason, retryAfterMs }: KubeError): void {
    const wait = (): void => {
      this.#after(this.#wait.next(retryAfterMs), (generation) => void this.#list(generation))
    }
    if (reason !== 'NoAnswer') return wait()
    this.#begin()
    this.#cancels.push(this.#context.reachability.whenBack(wait))
  }

  #after(ms: number, next: (generation: number) => void): void {
    const generation = this.#begin()
    this.#cancels.push(
      this.#context.timers.after(ms, () => {
        if (generation === this.#generation) next(generation)
      }),
    )
  }

  #replace(items: readonly KubeObject[]): void {
    const { cache } = this.#context
    const { kind, namespace } = this.selection
    const names = new Set(items.map(({ metadata }) => textOf(metadata)))
    const gone = cache.all(kind, namespace).filter(({ metadata }) => !names.has(textOf(metadata)))
    for (const object of gone) this.#remove(object)
    for (const object of items) this.#put(object)
  }

  #put(object: KubeObject): void {
    const { cache } = this.#context
    const former = cache.get(this.selection.kind, object.metadata)
    cache.put(this.selection.kind, object)
    if (former?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#tell(object, false)
  }

  #remove(object: KubeObject): void {
    const { cache } = this.#context
    if (cache.get(this.selection.kind, object.metadata) === undefined) return
    cache.remove(this.selection.kind, object.metadata)
    this.#tell(ofKind(this.selection.kind, object), true)
  }

  #tell(object: KubeObject, isGone: boolean): void {
    const { changed, log } = this.#context
    try {
      changed({ kind: this.selection.kind, object, isGone })
    } catch (error) {
      // What one object did to a handler must not end the watch of all others.
      log.error({ ...this.#fields(), err: error }, 'A change could not be taken note of')
    }
  }

  #fields(): { kind: string; namespace: string | undefined } {
    return { kind: this.selection.kind.kind, namespace: this.selection.namespace }
  }
}
