import type { KubeCache, KubeObject, ObjectKey, ResourceKind } from '../../ports/index.ts'

type Named = Map<string, KubeObject>

/** What watches told, by kind, namespace and name. Objects are as they came: nobody may change them. */
export class ObjectCache implements KubeCache {
  readonly #kinds = new Map<string, Map<string, Named>>()

  get(kind: ResourceKind, key: ObjectKey): KubeObject | undefined {
    return this.#kinds
      .get(id(kind))
      ?.get(key.namespace ?? '')
      ?.get(key.name)
  }

  list(
    kind: ResourceKind,
    namespace: string,
    labels: Readonly<Record<string, string>> = {},
  ): readonly KubeObject[] {
    const wanted = Object.entries(labels)
    const all = this.#kinds.get(id(kind))?.get(namespace)?.values() ?? []
    return [...all].filter(({ metadata }) =>
      wanted.every(([name, value]) => metadata.labels?.[name] === value),
    )
  }

  /** Of one namespace, or of all. */
  all(kind: ResourceKind, namespace?: string): readonly KubeObject[] {
    if (namespace !== undefined) return this.list(kind, namespace)
    return [...(this.#kinds.get(id(kind))?.values() ?? [])].flatMap((named) => [...named.values()])
  }

  put(kind: ResourceKind, object: KubeObject): void {
    const { namespace = '', name } = object.metadata
    let namespaces = this.#kinds.get(id(kind))
    if (namespaces === undefined) this.#kinds.set(id(kind), (namespaces = new Map<string, Named>()))
    let named = namespaces.get(namespace)
    if (named === undefined) namespaces.set(namespace, (named = new Map<string, KubeObject>()))
    named.set(name, object)
  }

  remove(kind: ResourceKind, { namespace = '', name }: ObjectKey): void {
    const namespaces = this.#kinds.get(id(kind))
    const named = namespaces?.get(namespace)
    named?.delete(name)
    if (named?.size === 0) namespaces?.delete(namespace)
  }
}

function id({ apiVersion, plural }: ResourceKind): string {
  return `${apiVersion}/${plural}`
}
