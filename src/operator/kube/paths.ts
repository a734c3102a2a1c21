import type { ObjectKey, ResourceKind } from '../../ports/index.ts'

/** Where the objects of a kind are: of one namespace, or of all. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const within = kind.namespaced && namespace !== undefined ? `/namespaces/${encoded(namespace)}` : ''
  return `${groupPath(kind.apiVersion)}${within}/${kind.plural}`
}

export function objectPath(kind: ResourceKind, key: ObjectKey, subresource?: string): string {
  if (kind.namespaced && key.namespace === undefined) {
    throw new TypeError(`The ${kind.kind} ${key.name} needs a namespace`)
  }
  const path = `${collectionPath(kind, key.namespace)}/${encoded(key.name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

/** Where a group's version says which kinds it has. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** The path with a query of those parameters that have a value. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encoded(String(value))}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** A name that came from outside must not become another path. */
function encoded(part: string): string {
  return encodeURIComponent(part)
}
