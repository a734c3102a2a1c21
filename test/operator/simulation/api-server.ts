import { createHash } from 'node:crypto'
import { KINDS } from '../../../src/operator/kinds.ts'
import { formatTimestamp } from '../../../src/operator/timestamps.ts'
import {
  type DeleteOptions,
  type KubeApi,
  type KubeCache,
  KubeError,
  type KubeObject,
  type ObjectKey,
  type ResourceKind,
} from '../../../src/ports/index.ts'
import type { World } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: plain JSON of every kind
export type Json = any

export const EPOCH_MS = 1_800_000_000_000

/** The objects of a cluster, kept as an API server keeps them: versions, uids, generations, deletion with grace. */
export class ApiServer {
  readonly #world: World
  readonly #objects = new Map<string, Json>()
  #version = 0
  readonly watchers = new Set<(kind: string, object: Json, isGone: boolean) => void>()

  constructor(world: World) {
    this.#world = world
  }

  get(kind: ResourceKind, name: string): Json {
    return this.#objects.get(`${kind.kind}/${name}`)
  }

  list(kind: ResourceKind, labels: Readonly<Record<string, string>> = {}): Json[] {
    return [...this.#objects.values()].filter((object) => {
      if (object.kind !== kind.kind) return false
      return Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value)
    })
  }

  /** Puts an object as it shall be now; its generation rises when its spec is another. */
  put(object: Json): Json {
    const key = `${object.kind}/${object.metadata.name}`
    const former = this.#objects.get(key)
    if (
      former !== undefined &&
      same(
        { ...object, metadata: { ...object.metadata, resourceVersion: 0 } },
        { ...former, metadata: { ...former.metadata, resourceVersion: 0 } },
      )
    )
      return former
    this.#version++
    const isNew = former === undefined
    const changed = isNew || !same(former.spec, object.spec)
    const metadata = {
      ...object.metadata,
      namespace: 'talk',
      uid: former?.metadata.uid ?? `uid-${object.kind}-${this.#version}`,
      creationTimestamp: former?.metadata.creationTimestamp ?? this.now(),
      generation: changed ? (former?.metadata.generation ?? 0) + 1 : former.metadata.generation,
      resourceVersion: String(this.#version),
    }
    const kept = { ...object, metadata }
    this.#objects.set(key, kept)
    this.#notify(kept, false)
    return kept
  }

  change(kind: ResourceKind, name: string, change: (object: Json) => Json): void {
    const object = this.get(kind, name)
    if (object !== undefined) this.put(change(structuredClone(object)))
  }

  remove(kind: ResourceKind, name: string): void {
    const key = `${kind.kind}/${name}`
    const object = this.#objects.get(key)
    if (!this.#objects.delete(key)) return
    this.#version++
    this.#notify(object, true)
  }

  now(): string {
    return formatTimestamp(EPOCH_MS + this.#world.time.now)
  }

  #notify(object: Json, isGone: boolean): void {
    for (const watcher of this.watchers) watcher(object.kind, object, isGone)
  }
}

/** What the watches of one operator tell: the same, some time later, and in order. */
export class LaggingCache implements KubeCache {
  readonly #objects = new Map<string, Json>()
  #dueAt = 0
  readonly stop: () => void

  constructor(world: World, server: ApiServer, changed: (object: Json) => void) {
    for (const kind of Object.values(KINDS)) {
      for (const object of server.list(kind))
        this.#objects.set(`${object.kind}/${object.metadata.name}`, object)
    }
    const watcher = (kind: string, object: Json, isGone: boolean): void => {
      const lag = world.odds(0.02) ? world.between(500, 4000) : world.between(1, 60)
      this.#dueAt = Math.max(this.#dueAt, world.time.now + lag)
      world.time.schedule(this.#dueAt - world.time.now, () => {
        if (!server.watchers.has(watcher)) return
        const key = `${kind}/${object.metadata.name}`
        if (isGone) this.#objects.delete(key)
        else this.#objects.set(key, object)
        changed(object)
      })
    }
    server.watchers.add(watcher)
    this.stop = () => server.watchers.delete(watcher)
  }

  get(kind: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(`${kind.kind}/${key.name}`)
  }

  list(kind: ResourceKind, _namespace: string, labels: Readonly<Record<string, string>> = {}): KubeObject[] {
    return [...this.#objects.values()].filter(
      (object) =>
        object.kind === kind.kind &&
        Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value),
    )
  }
}

/** What the operator's writes do beside being kept: watched over by the run. */
export interface Effects {
  apply(kind: ResourceKind, next: Json, former: Json): void
  remove(kind: ResourceKind, object: Json, options: DeleteOptions): void
  evict(object: Json): 'evicted' | 'blocked'
}

/** One operator's way to the API server: slow, sometimes failing, and cut when the operator dies. */
export class SimulatedApi implements KubeApi {
  readonly #world: World
  readonly #server: ApiServer
  readonly #effects: Effects
  failing = 0
  dead = false
  /** What the API server says no to, by what is asked: `merge PersistentVolumeClaim data-chat-server-0`. */
  refuse: (what: string) => KubeError | undefined = () => undefined
  /** What an admission webhook makes of an object that is applied. */
  admit: (object: Json) => Json = (object) => object
  /** Every call that may change something. */
  writes: string[] = []

  constructor(world: World, server: ApiServer, effects: Effects) {
    this.#world = world
    this.#server = server
    this.#effects = effects
  }

  get(kind: ResourceKind, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.#call(() => this.#server.get(kind, key.name))
  }

  list(kind: ResourceKind, options: { labelSelector?: string } = {}): Promise<KubeObject[]> {
    const labels = Object.fromEntries((options.labelSelector ?? '').split(',').map((pair) => pair.split('=')))
    return this.#call(() => this.#server.list(kind, labels))
  }

  apply(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#write(`apply ${kind.kind} ${object.metadata.name}`, () => {
      const former = this.#server.get(kind, object.metadata.name)
      this.#effects.apply(kind, object, former)
      const annotations = { ...former?.metadata.annotations, ...object.metadata.annotations }
      const applied = {
        ...former,
        ...object,
        metadata: { ...former?.metadata, ...object.metadata, annotations },
      }
      return this.#server.put(this.admit(applied))
    })
  }

  applyStatus(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#write(`status ${kind.kind} ${object.metadata.name}`, () => {
      const former = this.#server.get(kind, object.metadata.name)
      if (former === undefined) throw new KubeError(404, 'NotFound', 'not found')
      return this.#server.put({ ...former, status: object['status'] })
    })
  }

  create(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#write(`create ${kind.kind} ${object.metadata.name}`, () => {
      if (this.#server.get(kind, object.metadata.name) !== undefined) {
        throw new KubeError(409, 'AlreadyExists', 'it is there already')
      }
      return this.#server.put(object)
    })
  }

  replace(): Promise<KubeObject> {
    throw new Error('The judgement replaces nothing')
  }

  merge(kind: ResourceKind, key: ObjectKey, patch: unknown): Promise<KubeObject> {
    return this.#write(`merge ${kind.kind} ${key.name}`, () => {
      const former = this.#server.get(kind, key.name)
      if (former === undefined) throw new KubeError(404, 'NotFound', 'not found')
      const { resourceVersion } = (patch as Json).metadata ?? {}
      if (resourceVersion !== undefined && resourceVersion !== former.metadata.resourceVersion)
        throw new KubeError(409, 'Conflict', 'the object has been modified')
      return this.#server.put(merged(former, patch))
    })
  }

  delete(kind: ResourceKind, key: ObjectKey, options: DeleteOptions = {}): Promise<boolean> {
    return this.#write(`delete ${kind.kind} ${key.name}`, () => {
      const object = this.#server.get(kind, key.name)
      if (object === undefined || (options.uid !== undefined && options.uid !== object.metadata.uid))
        return false
      this.#effects.remove(kind, object, options)
      return true
    })
  }

  evict(key: ObjectKey, options: { uid?: string } = {}): Promise<'evicted' | 'blocked' | 'gone'> {
    return this.#write(`evict ${key.name}`, () => {
      const object = this.#server.get(KINDS.pod, key.name)
      if (object === undefined || (options.uid !== undefined && options.uid !== object.metadata.uid))
        return 'gone'
      return this.#effects.evict(object)
    })
  }

  #write<Value>(what: string, run: () => Value): Promise<Value> {
    this.writes.push(what)
    if (!what.startsWith('status')) this.#world.tell(what)
    return this.#call(() => {
      const refusal = this.refuse(what)
      if (refusal !== undefined) throw refusal
      return run()
    })
  }

  /** An answer may be lost after the deed is done. */
  #call<Value>(run: () => Value): Promise<Value> {
    const world = this.#world
    return new Promise((resolve, reject) => {
      const answer = (give: () => void): void => {
        world.later(1, 15, () => {
          if (this.dead) return
          world.time.promises = true
          give()
        })
      }
      world.later(1, 15, () => {
        if (world.odds(this.failing)) {
          const [status, reason] = world.pick([
            [0, 'NoAnswer'],
            [409, 'Conflict'],
            [500, 'InternalError'],
            [429, 'TooManyRequests'],
          ] as const) as [number, string]
          return answer(() => reject(new KubeError(status, reason, `made to fail: ${reason}`)))
        }
        try {
          const value = run()
          if (world.odds(this.failing / 2))
            answer(() => reject(new KubeError(0, 'NoAnswer', 'the answer was lost')))
          else answer(() => resolve(value))
        } catch (error) {
          answer(() => reject(error))
        }
      })
    })
  }
}

export function revisionOf(template: Json): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 8)
}

function merged(object: Json, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = { ...object }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key] ?? {}, value)
  }
  return result
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
