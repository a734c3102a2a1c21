import type { Cancel, ResourceKind } from '../../ports/index.ts'
import { kubeError } from './answers.ts'
import { servedOf } from './discovery.ts'
import { Reachability } from './reachability.ts'
import { Reflector, type ReflectorContext, type Selection } from './reflector.ts'
import { RefusalLog } from './refusal-log.ts'

export interface WatchesOptions extends Omit<ReflectorContext, 'reachability' | 'stateChanged'> {
  /** Empty: all of them. */
  readonly namespaces: readonly string[]
  readonly watched: readonly Watched[]
  /** Kinds that the API server may have, now or later, or not. */
  readonly optional: readonly Watched[]
  /** Between two looks for the optional kinds. */
  readonly resyncMs: number
  /** The namespaces are others in which all watches work. */
  readonly healthChanged: () => void
  /** An optional kind came or went. */
  readonly servedChanged: () => void
}

export type Watched = Omit<Selection, 'namespace'>

/** One watch for each kind, and for each namespace where only some are watched. */
export class Watches {
  readonly #options: WatchesOptions
  readonly #reachability: Reachability
  readonly #required: readonly Reflector[]
  readonly #optional = new Map<ResourceKind, readonly Reflector[]>()
  readonly #refusals: RefusalLog
  /** Where all watches work: namespaces, or undefined for all of them at once. */
  #healthy: ReadonlySet<string | undefined> = new Set()
  #served = ''
  #cancel: Cancel = () => {}
  #isStopped = false

  constructor(options: WatchesOptions) {
    this.#options = options
    this.#refusals = new RefusalLog(options.log, 'The API server does not say which kinds it has')
    this.#reachability = new Reachability(options)
    this.#required = options.watched.flatMap((watched) => this.#reflectors(watched))
  }

  /** All that is needed is known anywhere, and kept up to date. */
  get isHealthy(): boolean {
    return this.#healthy.size > 0
  }

  /** The same of one namespace. Each is by itself: one that is deleted takes its roles with it, and its watches are refused. */
  isHealthyIn(namespace: string): boolean {
    return this.#healthy.has(this.#options.namespaces.length === 0 ? undefined : namespace)
  }

  start(): void {
    for (const reflector of this.#required) reflector.start()
    void this.#discover()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
    this.#reachability.stop()
    for (const reflector of this.#all()) reflector.stop()
  }

  /** Whether the API server has this kind, and what there is of it is known. */
  serves(kind: ResourceKind): boolean {
    if (!this.#options.optional.some((each) => each.kind === kind)) return true
    return this.#optional.get(kind)?.every(({ isSynced }) => isSynced) ?? false
  }

  /** True, or what is not known, for people. */
  readiness(): true | string {
    const failing = this.#required.find(({ failure }) => failure !== undefined)
    if (failing?.failure !== undefined) {
      return `Cannot watch ${describe(failing.selection)}: ${failing.failure.message}`
    }
    const missing = this.#required.filter(({ isSynced }) => !isSynced)
    if (missing.length === 0) return true
    return `Still reading ${[...new Set(missing.map(({ selection }) => selection.kind.kind))].join(', ')}`
  }

  #reflectors(watched: Watched): Reflector[] {
    const { namespaces } = this.#options
    const stateChanged = (): void => this.#look()
    const context = { ...this.#options, reachability: this.#reachability, stateChanged }
    const selections =
      namespaces.length === 0 ? [watched] : namespaces.map((namespace) => ({ ...watched, namespace }))
    return selections.map((selection) => new Reflector(context, selection))
  }

  #all(): Reflector[] {
    return [...this.#required, ...[...this.#optional.values()].flat()]
  }

  #look(): void {
    const { namespaces, optional, healthChanged, servedChanged } = this.#options
    const scopes = namespaces.length === 0 ? [undefined] : namespaces
    const healthy = new Set(scopes.filter((scope) => this.#isKept(scope)))
    if (scopes.some((scope) => healthy.has(scope) !== this.#healthy.has(scope))) {
      this.#healthy = healthy
      healthChanged()
    }
    const served = optional.filter(({ kind }) => this.serves(kind)).map(({ kind }) => kind.kind)
    if (served.join(' ') === this.#served) return
    this.#served = served.join(' ')
    servedChanged()
  }

  #isKept(scope: string | undefined): boolean {
    return this.#required
      .filter(({ selection }) => selection.namespace === scope)
      .every(({ isSynced, failure }) => isSynced && failure === undefined)
  }

  async #discover(): Promise<void> {
    const { requests, optional, timers, resyncMs } = this.#options
    try {
      const kinds = optional.map(({ kind }) => kind)
      const served = await servedOf(requests, kinds)
      this.#refusals.succeeded()
      this.#serve(served)
    } catch (error) {
      this.#refusals.failed(kubeError(error))
    }
    if (!this.#isStopped) this.#cancel = timers.after(resyncMs, () => void this.#discover())
  }

  #serve(served: readonly ResourceKind[]): void {
    if (this.#isStopped) return
    const { optional, log } = this.#options
    for (const watched of optional) {
      const { kind } = watched
      const reflectors = this.#optional.get(kind)
      if (served.includes(kind) && reflectors === undefined) {
        log.info({ kind: kind.kind }, 'The API server has this kind: it is used')
        const begun = this.#reflectors(watched)
        this.#optional.set(kind, begun)
        for (const reflector of begun) reflector.start()
      } else if (!served.includes(kind) && reflectors !== undefined) {
        log.info({ kind: kind.kind }, 'The API server has this kind no more')
        this.#optional.delete(kind)
        for (const reflector of reflectors) reflector.stop({ forget: true })
      }
    }
    this.#look()
  }
}

function describe({ kind, namespace }: Selection): string {
  return namespace === undefined ? kind.plural : `${kind.plural} in ${namespace}`
}
