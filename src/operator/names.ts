/** The parts of a cluster that are made of pods. */
export const COMPONENTS = ['ref', 'broker', 'proxy', 'server', 'client'] as const
export type Component = (typeof COMPONENTS)[number]

export const FIELD_MANAGER = 'recado-operator'
export const GROUP = 'recado.dev'

/** The name of a component's workload, of the Service by which the others find it, and of its account, budget and policy. */
export function childName(cluster: string, component: Component): string {
  return `${cluster}-${component}`
}

/** As whom `recado kubernetes check` logs in. */
export const CHECK_USER = 'recado-check'

/** The Secret with all keys of a cluster: the administrator's, which no pod mounts. */
export function keysName(cluster: string): string {
  return `${cluster}-keys`
}

/** The Secret with the keys that the pods of a component mount. */
export function partKeysName(cluster: string, component: Component): string {
  return `${childName(cluster, component)}-keys`
}

/** The Secret with the keys of one user, which programs of the user mount. */
export function userSecretName(cluster: string, user: string): string {
  return `${cluster}-user-${user}`
}

/** The Services that clients connect to: of ready pods only. */
export function clientServices(cluster: string): {
  readonly requests: string
  readonly publications: string
} {
  return { requests: `${cluster}-requests`, publications: `${cluster}-publications` }
}

/** A server's pod, which is also the server's own name. */
export function serverName(cluster: string, ordinal: number): string {
  return `${childName(cluster, 'server')}-${ordinal}`
}

/** The labels by which pods of a component are selected; they can never change. */
export function selectorLabels(cluster: string, component: Component): Readonly<Record<string, string>> {
  return { ...clusterLabels(cluster), 'app.kubernetes.io/component': component }
}

/** Labels as a selector in one text, as requests and the scale subresource have it. */
export function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** The labels of everything that belongs to one cluster. */
export function clusterLabels(cluster: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': 'recado', 'app.kubernetes.io/instance': cluster }
}
