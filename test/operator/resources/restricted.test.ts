import { describe, expect, it } from 'vitest'
import { type Json, objectsOf, podTemplatesOf } from '../support/rendering.ts'
import { brokenRestrictions } from '../support/restricted.ts'

const good = (): Json => structuredClone(podTemplatesOf(objectsOf({}))['chat-server']).spec

describe('the check of the standard restricted', () => {
  it('passes a pod that keeps it', () => {
    expect(brokenRestrictions(good())).toEqual([])
  })

  it.each<[string, (pod: Json) => void]>([
    ['hostNetwork', (pod) => (pod.hostNetwork = true)],
    ['volume host: hostPath', (pod) => (pod.volumes = [{ name: 'host', hostPath: { path: '/' } }])],
    ['server: privileged', (pod) => (pod.containers[0].securityContext.privileged = true)],
    [
      'server: allowPrivilegeEscalation',
      (pod) => delete pod.containers[0].securityContext.allowPrivilegeEscalation,
    ],
    ['server: capabilities.drop', (pod) => (pod.containers[0].securityContext.capabilities = {})],
    ['server: capabilities.add', (pod) => (pod.containers[0].securityContext.capabilities.add = ['NET_RAW'])],
    ['server: runAsNonRoot', (pod) => delete pod.securityContext.runAsNonRoot],
    ['server: runAsUser', (pod) => (pod.securityContext.runAsUser = 0)],
    ['server: seccompProfile', (pod) => (pod.securityContext.seccompProfile = { type: 'Unconfined' })],
    ['server: hostPort', (pod) => (pod.containers[0].ports[0].hostPort = 80)],
  ])('finds %s', (what, spoil) => {
    const pod = good()
    spoil(pod)

    expect(brokenRestrictions(pod)).toEqual([what])
  })
})
