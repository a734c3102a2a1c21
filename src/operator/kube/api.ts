import type {
  DeleteOptions,
  KubeApi,
  KubeObject,
  KubeRequest,
  KubeResponse,
  ObjectKey,
  ResourceKind,
} from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { FIELD_MANAGER } from '../names.ts'
import { hasCause, parseAnswer, refusal } from './answers.ts'
import { readPages } from './pages.ts'
import { collectionPath, objectPath, withQuery } from './paths.ts'
import type { Requests, Verb } from './requests.ts'

const DEADLINE_MS = 10_000
const MANAGER = { fieldManager: FIELD_MANAGER }

/** The API server as plain JSON over HTTP: no model classes, which would drop fields that they do not know. */
export class HttpKubeApi implements KubeApi {
  readonly #requests: Requests
  readonly #deadlineMs: number

  constructor(requests: Requests, options: { readonly deadlineMs?: number } = {}) {
    this.#requests = requests
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS
  }

  async get(kind: ResourceKind, key: ObjectKey): Promise<KubeObject | undefined> {
    const response = await this.#send('get', { method: 'GET', path: objectPath(kind, key) })
    return response.status === 404 ? undefined : parseAnswer(response)
  }

  async list(
    kind: ResourceKind,
    options: { namespace?: string; labelSelector?: string } = {},
  ): Promise<KubeObject[]> {
    return (await readPages(this.#requests, kind, options)).items
  }

  async apply(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#apply(object, objectPath(kind, object.metadata))
  }

  async applyStatus(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    return this.#apply(object, objectPath(kind, object.metadata, 'status'))
  }

  async create(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    const path = withQuery(collectionPath(kind, object.metadata.namespace), MANAGER)
    return parseAnswer(await this.#send('create', { method: 'POST', path, body: object }))
  }

  async replace(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    const path = withQuery(objectPath(kind, object.metadata), MANAGER)
    return parseAnswer(await this.#send('update', { method: 'PUT', path, body: object }))
  }

  async merge(kind: ResourceKind, key: ObjectKey, patch: unknown): Promise<KubeObject> {
    const path = withQuery(objectPath(kind, key), MANAGER)
    const contentType = 'application/merge-patch+json'
    return parseAnswer(await this.#send('patch', { method: 'PATCH', path, body: patch, contentType }))
  }

  async delete(kind: ResourceKind, key: ObjectKey, options: DeleteOptions = {}): Promise<boolean> {
    const body = deleteOptions(options)
    const response = await this.#send('delete', { method: 'DELETE', path: objectPath(kind, key), body })
    if (isGone(response, options.uid)) return false
    parseAnswer(response)
    return true
  }

  async evict(key: ObjectKey, options: { uid?: string } = {}): Promise<'evicted' | 'blocked' | 'gone'> {
    // An eviction that fails by the uid counts against the budget all the same, for two minutes: look first.
    if (options.uid !== undefined && (await this.get(KINDS.pod, key))?.metadata.uid !== options.uid) {
      return 'gone'
    }
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: key.name, namespace: key.namespace },
      deleteOptions: deleteOptions(options),
    }
    const path = objectPath(KINDS.pod, key, 'eviction')
    const response = await this.#send('evict', { method: 'POST', path, body })
    if (isGone(response, options.uid)) return 'gone'
    // The API server also answers 429 when it has too much to do: that says nothing of the budget.
    if (response.status === 429 && hasCause(response, 'DisruptionBudget')) return 'blocked'
    parseAnswer(response)
    return 'evicted'
  }

  async #apply(object: KubeObject, path: string): Promise<KubeObject> {
    const response = await this.#send('apply', {
      method: 'PATCH',
      path: withQuery(path, { ...MANAGER, force: true }),
      body: object,
      contentType: 'application/apply-patch+yaml',
    })
    return parseAnswer(response)
  }

  #send(verb: Verb, request: Omit<KubeRequest, 'deadlineMs'>): Promise<KubeResponse> {
    return this.#requests.send(verb, { deadlineMs: this.#deadlineMs, ...request })
  }
}

/** Not there any more, or another one of that name is. */
function isGone(response: KubeResponse, uid: string | undefined): boolean {
  if (response.status === 404) return true
  return uid !== undefined && response.status === 409 && refusal(response).message.includes('UID')
}

function deleteOptions({ uid, propagation }: DeleteOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(uid !== undefined && { preconditions: { uid } }),
    ...(propagation !== undefined && { propagationPolicy: propagation }),
  }
}
