import type {
  Cancel,
  KubeObject,
  KubeRequest,
  KubeResponse,
  KubeTransport,
  ObjectMeta,
  StreamHandlers,
} from '../../src/ports/index.ts'
import type { VirtualTime } from './virtual-time.ts'

type Mutable = { -readonly [Key in keyof KubeObject]: KubeObject[Key] } & {
  metadata: Record<string, unknown> & { name: string }
}

/** An object that says of itself only what a test is about. */
type Writable = Readonly<Record<string, unknown>> & { readonly metadata?: Partial<ObjectMeta> }

interface Watch {
  readonly path: string
  readonly collection: string
  readonly query: URLSearchParams
  readonly handlers: StreamHandlers
  isOver: boolean
}

interface Change {
  readonly version: number
  readonly type: string
  readonly collection: string
  readonly object: KubeObject
}

/** What a test lets happen to a request instead: an answer, no connection, or never any answer. */
export type Intercepted = KubeResponse | Error | 'silence' | undefined

/**
 * An API server in memory, over virtual time: versions, conflicts, pages, watches from a version, label selectors. It
 * answers within the same moment, and can be told to fail.
 */
export class FakeApiServer implements KubeTransport {
  readonly requests: KubeRequest[] = []
  /** Paths of all watches that were asked for. */
  readonly watched: string[] = []
  intercept: (request: { method: string; path: string; body?: unknown }) => Intercepted = () => undefined
  /** How long it takes to answer a request. */
  delayMs = 0
  /** Collections that exist; absent: all. */
  collections: ReadonlySet<string> | undefined
  readonly #virtual: VirtualTime
  readonly #objects = new Map<string, Mutable>()
  readonly #history: Change[] = []
  readonly #watches = new Set<Watch>()
  #version = 100

  constructor(virtual: VirtualTime) {
    this.#virtual = virtual
  }

  get watches(): readonly string[] {
    return [...this.#watches].map(({ path }) => path)
  }

  /** Writes an object as another client would. */
  put(path: string, object: Writable): KubeObject {
    const former = this.#objects.get(path)
    const version = ++this.#version
    const [collection, name] = split(path)
    const metadata = {
      uid: `uid-${version}`,
      ...former?.metadata,
      name,
      ...namespaceOf(path),
      ...object.metadata,
      resourceVersion: String(version),
      managedFields: [{ manager: 'somebody' }],
    }
    const stored = { ...former, ...object, metadata } as unknown as Mutable
    this.#objects.set(path, stored)
    this.#tell(former === undefined ? 'ADDED' : 'MODIFIED', collection, stored)
    return stored
  }

  remove(path: string): void {
    const former = this.#objects.get(path)
    if (former === undefined) return
    this.#objects.delete(path)
    const version = ++this.#version
    const object = { ...former, metadata: { ...former.metadata, resourceVersion: String(version) } }
    this.#tell('DELETED', split(path)[0], object)
  }

  at(path: string): KubeObject | undefined {
    return this.#objects.get(path)
  }

  /** Sends a line to all watches. */
  say(line: object): void {
    for (const watch of this.#watches) this.#line(watch, line)
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(++this.#version) }
    this.say({ type: 'BOOKMARK', object: { metadata } })
  }

  /** Ends all watches: as a time-out does, or by an error. */
  end(outcome: KubeResponse | Error = { status: 200, body: '' }): void {
    for (const watch of this.#watches) this.#end(watch, outcome)
  }

  async request(request: KubeRequest): Promise<KubeResponse> {
    this.requests.push(request)
    this.#virtual.promises = true
    const intercepted = this.intercept(request)
    if (intercepted === 'silence') return this.#silence(request.deadlineMs)
    if (intercepted instanceof Error) throw intercepted
    if (this.delayMs > 0) await this.#delay(this.delayMs)
    return intercepted ?? this.#answer(request)
  }

  stream(path: string, handlers: StreamHandlers): Cancel {
    this.watched.push(path)
    const [collection = '', query] = path.split('?')
    const watch = { path, collection, query: new URLSearchParams(query), handlers, isOver: false }
    this.#watches.add(watch)
    this.#virtual.schedule(0, () => this.#open(watch))
    return () => {
      watch.isOver = true
      this.#watches.delete(watch)
    }
  }

  #open(watch: Watch): void {
    if (watch.isOver) return
    const intercepted = this.intercept({ method: 'WATCH', path: watch.path })
    if (intercepted === 'silence') return
    if (intercepted !== undefined) return this.#end(watch, intercepted)
    const since = Number(watch.query.get('resourceVersion'))
    watch.handlers.opened()
    for (const event of this.#history) if (event.version > since) this.#pass(watch, event)
  }

  #end(watch: Watch, outcome: KubeResponse | Error): void {
    if (watch.isOver) return
    watch.isOver = true
    this.#watches.delete(watch)
    watch.handlers.ended(outcome)
  }

  #tell(type: string, collection: string, object: KubeObject): void {
    const event = { version: this.#version, type, collection, object }
    this.#history.push(event)
    for (const watch of this.#watches) this.#pass(watch, event)
  }

  #pass(watch: Watch, { type, collection, object }: Change): void {
    if (!within(collection, watch.collection)) return
    if (!matches(object, watch.query.get('labelSelector'))) return
    this.#line(watch, { type, object })
  }

  #line(watch: Watch, line: object): void {
    if (!watch.isOver) watch.handlers.line(JSON.stringify(line))
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#virtual.schedule(ms, () => {
        this.#virtual.promises = true
        resolve()
      })
    })
  }

  #silence(deadlineMs: number): Promise<KubeResponse> {
    return new Promise((_, reject) => {
      this.#virtual.schedule(deadlineMs, () => {
        this.#virtual.promises = true
        reject(new Error(`No answer within ${deadlineMs} ms`))
      })
    })
  }

  #answer({ method, path: whole, body }: KubeRequest): KubeResponse {
    const [path = '', text] = whole.split('?')
    const query = new URLSearchParams(text)
    const own = path.replace(/\/(status|eviction)$/, '')
    if (
      this.collections !== undefined &&
      ![...this.collections].some((each) => within(split(own)[0], each))
    ) {
      if (!this.collections.has(path))
        return refused(404, 'NotFound', 'the server could not find the resource')
    }
    const found = this.#objects.get(own)
    if (method === 'POST' && !path.endsWith('/eviction')) return this.#create(path, body as KubeObject)
    if (method === 'GET' && found === undefined && isCollection(path)) return this.#list(path, query)
    if (method === 'PATCH' && found === undefined && query.get('force') === 'true')
      return this.#apply(own, body)
    if (found === undefined) return refused(404, 'NotFound', `${own} not found`)
    if (method === 'GET') return answered(found)
    if (method === 'PATCH') return this.#apply(own, body)
    if (method === 'PUT') return this.#replace(own, found, body as KubeObject)
    return this.#delete(own, found, body)
  }

  #list(path: string, query: URLSearchParams): KubeResponse {
    const all = [...this.#objects]
      .filter(([each]) => within(split(each)[0], path))
      .map(([, object]) => object)
      .filter((object) => matches(object, query.get('labelSelector')))
    const from = Number(query.get('continue') ?? 0)
    const to = from + Number(query.get('limit') ?? all.length)
    const metadata = {
      resourceVersion: String(this.#version),
      ...(to < all.length && { continue: String(to) }),
    }
    // Like the real one: the objects of a list do not say of which kind they are.
    const items = all.slice(from, to).map((object) => ({ ...object, apiVersion: undefined, kind: undefined }))
    return answered({ kind: 'List', metadata, items })
  }

  #create(path: string, object: KubeObject): KubeResponse {
    const own = `${path}/${object.metadata.name}`
    if (this.#objects.has(own)) return refused(409, 'AlreadyExists', `${own} already exists`)
    return answered(this.put(own, object), 201)
  }

  #replace(path: string, found: Mutable, object: KubeObject): KubeResponse {
    const { resourceVersion } = object.metadata
    if (resourceVersion !== undefined && resourceVersion !== found.metadata['resourceVersion']) {
      return refused(409, 'Conflict', 'the object has been modified')
    }
    return answered(this.put(path, object))
  }

  #apply(path: string, body: unknown): KubeResponse {
    return answered(this.put(path, merged(this.#objects.get(path) ?? {}, body) as KubeObject))
  }

  #delete(path: string, found: Mutable, body: unknown): KubeResponse {
    const options = body as { preconditions?: { uid?: string }; deleteOptions?: typeof body } | undefined
    const uid = (options?.deleteOptions as typeof options)?.preconditions?.uid ?? options?.preconditions?.uid
    if (uid !== undefined && uid !== found.metadata['uid']) {
      return refused(409, 'Conflict', `Precondition failed: UID in precondition: ${uid}`)
    }
    this.remove(path)
    return answered({ kind: 'Status', status: 'Success' })
  }
}

export function answered(body: unknown, status = 200): KubeResponse {
  return { status, body: JSON.stringify(body) }
}

export function refused(code: number, reason: string, message: string, more: object = {}): KubeResponse {
  return answered({ kind: 'Status', status: 'Failure', code, reason, message, ...more }, code)
}

function split(path: string): [collection: string, name: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, at), path.slice(at + 1)]
}

function namespaceOf(path: string): { namespace?: string } {
  const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1]
  return namespace === undefined ? {} : { namespace }
}

/** A collection is within another that is of all namespaces. */
function within(collection: string, of: string): boolean {
  return collection === of || collection.replace(/\/namespaces\/[^/]+/, '') === of
}

function isCollection(path: string): boolean {
  return /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/[^/]+)?\/[^/]+$/.test(path)
}

function matches(object: KubeObject, selector: string | null): boolean {
  if (selector === null) return true
  const labels = object.metadata.labels ?? {}
  return selector.split(',').every((each) => {
    const [name = '', value] = each.split('=')
    return labels[name] === value
  })
}

/** RFC 7386, which is near enough to an apply by one manager. */
function merged(into: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...(typeof into === 'object' ? into : {}) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}
