import { type Cancel, type KubeApi, KubeError, type Time, type Timers } from '../../ports/index.ts'
import { renderedHash } from '../resources/index.ts'

const WAIT_MS_MIN = 500
const WAIT_MS_MAX = 30_000

export interface RefusalsOptions {
  readonly api: KubeApi
  readonly time: Time
  readonly timers: Timers
  /** Has the cluster looked at again. */
  readonly again: () => void
}

interface Refusal {
  /** A hash of what was asked for, where that says whether another answer may come. */
  readonly asked: string
  readonly error: KubeError
  readonly failures: number
  readonly until: number
  readonly cancel: Cancel
}

/**
 * The API server as one cluster's passes see it: what it refused for a lasting reason (a quota, a policy, a permission) it is
 * asked for again after twice as long each time, and until then refused with the same words. A pass may begin for many
 * other reasons, of which most are what the operator itself did; none of them makes a refused write succeed. Another
 * generation of the resource, or another form of the object, is asked for at once.
 */
export class Refusals {
  readonly api: KubeApi
  readonly #options: RefusalsOptions
  /** By verb, kind and name: bounded by the objects of a cluster. */
  readonly #refusals = new Map<string, Refusal>()
  #generation: number | undefined

  constructor(options: RefusalsOptions) {
    this.#options = options
    const { api } = options
    this.api = {
      get: (kind, key) => api.get(kind, key),
      list: (kind, list) => api.list(kind, list),
      evict: (key, eviction) => api.evict(key, eviction),
      apply: (kind, object) => {
        const asked = renderedHash(object)
        return this.#ask(`apply ${kind.kind} ${object.metadata.name}`, () => api.apply(kind, object), asked)
      },
      applyStatus: (kind, object) =>
        this.#ask(`status ${kind.kind} ${object.metadata.name}`, () => api.applyStatus(kind, object)),
      create: (kind, object) =>
        this.#ask(`create ${kind.kind} ${object.metadata.name}`, () => api.create(kind, object)),
      replace: (kind, object) =>
        this.#ask(`replace ${kind.kind} ${object.metadata.name}`, () => api.replace(kind, object)),
      merge: (kind, key, patch) =>
        this.#ask(`merge ${kind.kind} ${key.name}`, () => api.merge(kind, key, patch)),
      delete: (kind, key, deletion) =>
        this.#ask(`delete ${kind.kind} ${key.name}`, () => api.delete(kind, key, deletion)),
    }
  }

  /** Whoever changed the resource since may have changed what was refused. */
  see(generation: number | undefined): void {
    if (generation === this.#generation) return
    this.#generation = generation
    this.stop()
  }

  /** Forgets all of them. */
  stop(): void {
    for (const { cancel } of this.#refusals.values()) cancel()
    this.#refusals.clear()
  }

  async #ask<Result>(what: string, write: () => Promise<Result>, asked = ''): Promise<Result> {
    const known = this.#refusals.get(what)
    const former = known?.asked === asked ? known : undefined
    if (former !== undefined && this.#options.time.monotonic() < former.until) throw former.error
    known?.cancel()
    this.#refusals.delete(what)
    try {
      return await write()
    } catch (error) {
      if (error instanceof KubeError && isLasting(error)) this.#remember(what, asked, error, former)
      throw error
    }
  }

  #remember(what: string, asked: string, error: KubeError, former: Refusal | undefined): void {
    const { time, timers, again } = this.#options
    const failures = (former?.failures ?? 0) + 1
    const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(failures - 1, 10))
    const until = time.monotonic() + waitMs
    this.#refusals.set(what, { asked, error, failures, until, cancel: timers.after(waitMs, again) })
  }
}

/** Refused as it is asked: not because it came too late, too early, or too often. */
function isLasting({ status }: KubeError): boolean {
  return status >= 400 && status < 500 && ![404, 409, 410, 429].includes(status)
}
