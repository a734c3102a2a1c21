import type { Json } from './rendering.ts'

const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

/** What of a pod's spec breaks the pod security standard `restricted`: nothing, if it keeps it. */
export function brokenRestrictions(pod: Json): string[] {
  const containers: Json[] = [
    ...pod.containers,
    ...(pod.initContainers ?? []),
    ...(pod.ephemeralContainers ?? []),
  ]
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => pod[key] === true),
    ...(pod.volumes ?? []).flatMap((volume: Json) =>
      Object.keys(volume)
        .filter((key) => key !== 'name' && !VOLUMES.has(key))
        .map((key) => `volume ${volume.name}: ${key}`),
    ),
    ...((pod.securityContext?.sysctls ?? []).length > 0 ? ['sysctls'] : []),
    ...containers.flatMap((container) =>
      brokenByContainer(container, pod.securityContext ?? {}).map((what) => `${container.name}: ${what}`),
    ),
  ]
}

function brokenByContainer(container: Json, podContext: Json): string[] {
  const context = { ...podContext, ...container.securityContext }
  const added: string[] = context.capabilities?.add ?? []
  const checks: [what: string, good: boolean][] = [
    ['privileged', context.privileged !== true],
    ['allowPrivilegeEscalation', context.allowPrivilegeEscalation === false],
    ['capabilities.drop', context.capabilities?.drop?.includes('ALL') === true],
    ['capabilities.add', added.every((each) => each === 'NET_BIND_SERVICE')],
    ['runAsNonRoot', context.runAsNonRoot === true],
    ['runAsUser', context.runAsUser !== 0],
    ['seccompProfile', ['RuntimeDefault', 'Localhost'].includes(context.seccompProfile?.type)],
    ['procMount', (context.procMount ?? 'Default') === 'Default'],
    ['hostPort', (container.ports ?? []).every((port: Json) => (port.hostPort ?? 0) === 0)],
  ]
  return checks.filter(([, good]) => !good).map(([what]) => what)
}
