import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import { KubeError } from '../../../src/ports/index.ts'
import type { Json } from '../simulation/api-server.ts'
import { Stage } from '../simulation/stage.ts'
import { World } from '../simulation/world.ts'

/** A cluster that has settled and is quiet. */
async function settled(spec: Json = {}): Promise<Stage> {
  const stage = new Stage(new World(11), spec)
  stage.servers.load = false
  await stage.settle(120)
  await stage.world.run(20_000)
  stage.operator.api.writes = []
  return stage
}

const condition = (stage: Stage, type: string): Json => {
  return stage.resource.status.conditions.find((each: Json) => each.type === type)
}
const sizes = (stage: Stage): string[] => {
  return stage.server.list(KINDS.volumeClaim).map(({ spec }) => spec.resources.requests.storage)
}
const uids = (stage: Stage): string[] => stage.kubernetes.pods('server').map(({ metadata }) => metadata.uid)

/** Minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 120_000

describe('the reconciler', { timeout: TIMEOUT_MS }, () => {
  it('writes nothing to a quiet cluster, nor does a new operator that finds it so', async () => {
    const stage = await settled()
    await stage.world.run(300_000)
    expect(stage.operator.api.writes).toEqual([])
    stage.restartOperator()
    await stage.world.run(120_000)
    expect(stage.operator.term).toBe(2)
    expect(stage.operator.api.writes).toEqual([])
  })

  it('repairs what somebody changed or deleted', async () => {
    const stage = await settled()
    stage.server.change(KINDS.service, 'chat-requests', (each) => ({
      ...each,
      spec: { ...each.spec, type: 'NodePort' },
    }))
    stage.server.remove(KINDS.networkPolicy, 'chat-server')
    await stage.world.run(15_000)
    expect(stage.server.get(KINDS.service, 'chat-requests').spec.type).toBe('ClusterIP')
    expect(stage.server.get(KINDS.networkPolicy, 'chat-server')).toBeDefined()
    expect(stage.operator.api.writes.toSorted()).toEqual([
      'apply NetworkPolicy chat-server',
      'apply Service chat-requests',
    ])
  })

  it('takes away what the resource does not ask for any more', async () => {
    const stage = await settled({ clients: { replicas: 1 } })
    expect(stage.server.get(KINDS.deployment, 'chat-client')).toBeDefined()
    stage.change({ clients: { replicas: 0 }, networkPolicy: { enabled: false } })
    await stage.world.run(15_000)
    const left = [
      ...stage.server.list(KINDS.networkPolicy),
      stage.server.get(KINDS.deployment, 'chat-client'),
    ]
    expect(left.filter(Boolean)).toEqual([])
  })

  it('lets volumes grow, and makes the StatefulSet anew around the same pods', async () => {
    const stage = await settled()
    const before = uids(stage)
    stage.change({ servers: { storage: { size: '20Gi' } } })
    await stage.world.run(20_000)
    expect(sizes(stage)).toEqual(['20Gi', '20Gi', '20Gi'])
    expect(stage.set.spec.volumeClaimTemplates[0].spec.resources.requests.storage).toBe('20Gi')
    expect(uids(stage)).toEqual(before)
    expect(stage.unsettled()).toBeUndefined()
  })

  it('says with the API server’s words that volumes may not grow, goes on with all else, and does not insist', async () => {
    const stage = await settled()
    const words = 'only dynamically provisioned pvc can be resized'
    stage.operator.api.refuse = (what) => {
      return what.startsWith('merge Persistent') ? new KubeError(403, 'Forbidden', words) : undefined
    }
    stage.change({ servers: { storage: { size: '20Gi' } }, image: { name: 'example/recado:2' } })
    await stage.settle(300)
    expect(condition(stage, 'Warning')).toMatchObject({
      status: 'True',
      reason: 'StorageNotExpandable',
      message: words,
    })
    expect(sizes(stage)).toEqual(['10Gi', '10Gi', '10Gi'])
    expect(stage.operator.api.writes.filter((what) => what.startsWith('merge'))).toHaveLength(3)
  })

  it('lets the other volumes grow when one may not, and does not ask for one that is not bound', async () => {
    const stage = await settled()
    stage.operator.api.refuse = (what) => {
      return what.endsWith('-server-0') && what.startsWith('merge Persistent')
        ? new KubeError(403, 'Forbidden', 'no')
        : undefined
    }
    const [, second] = stage.server.list(KINDS.volumeClaim)
    stage.server.change(KINDS.volumeClaim, second?.metadata.name ?? '', (each) => ({
      ...each,
      status: { phase: 'Pending' },
    }))
    stage.change({ servers: { storage: { size: '20Gi' } } })
    await stage.world.run(20_000)
    expect(sizes(stage)).toEqual(['10Gi', '10Gi', '20Gi'])
    expect(condition(stage, 'Warning')).toMatchObject({ reason: 'StorageNotExpandable', message: 'no' })
  })

  it('leaves alone what somebody else has under a name of its own, says so, and makes the rest', async () => {
    const stage = new Stage(new World(11), {})
    const [account, policy] = [KINDS.serviceAccount, KINDS.networkPolicy].map(({ apiVersion, kind }) => ({
      apiVersion,
      kind,
      metadata: {
        name: 'chat-server',
        labels: { 'app.kubernetes.io/instance': 'chat', 'app.kubernetes.io/managed-by': 'Helm' },
      },
      spec: { theirs: true },
    }))
    stage.server.put(account)
    stage.server.put(policy)
    await stage.world.run(20_000)
    expect(stage.server.get(KINDS.serviceAccount, 'chat-server').spec).toEqual({ theirs: true })
    expect(stage.server.get(KINDS.networkPolicy, 'chat-server').spec).toEqual({ theirs: true })
    expect(condition(stage, 'Degraded')).toMatchObject({
      reason: 'ApiRefused',
      message: expect.stringContaining('ServiceAccount of this name is not this cluster’s'),
    })
    expect(stage.server.get(KINDS.service, 'chat-requests')).toBeDefined()
  })

  it('changes nothing of a paused cluster but its status, and goes on where it was', async () => {
    const stage = await settled()
    stage.change({ paused: true, servers: { replicas: 5 }, image: { name: 'example/recado:2' } })
    await stage.world.run(60_000)
    expect(stage.operator.api.writes.filter((what) => !what.startsWith('status'))).toEqual([])
    expect(condition(stage, 'Paused')).toMatchObject({ status: 'True' })
    stage.change({ paused: false })
    await stage.settle(300)
    expect(stage.world.findings).toEqual([])
  })

  it('says which field of a resource it cannot read, and leaves the cluster as it is', async () => {
    const stage = await settled()
    stage.change({ servers: { replicas: 'many' } })
    await stage.world.run(15_000)
    expect(condition(stage, 'Degraded')).toMatchObject({
      status: 'True',
      reason: 'InvalidSpec',
      message: expect.stringContaining('spec.servers.replicas'),
    })
    expect(stage.operator.api.writes).toEqual(['status MessagingCluster chat'])
  })

  it('says what the API server refuses, tries the rest, and recovers', async () => {
    const stage = await settled()
    stage.operator.api.refuse = (what) => {
      return what === 'apply Service chat-requests'
        ? new KubeError(403, 'Forbidden', 'exceeded quota')
        : undefined
    }
    stage.change({ service: { type: 'NodePort' }, networkPolicy: { enabled: false } })
    await stage.world.run(15_000)
    expect(condition(stage, 'Degraded')).toMatchObject({
      reason: 'ApiRefused',
      message: 'Service chat-requests: exceeded quota',
    })
    expect(stage.server.list(KINDS.networkPolicy)).toEqual([])
    stage.operator.api.refuse = () => undefined
    await stage.world.run(60_000)
    expect(condition(stage, 'Degraded')).toMatchObject({ status: 'False' })
  })

  it('accepts what an admission webhook changes, and repairs the same field once the webhook is gone', async () => {
    const stage = await settled()
    const service = (): Json => stage.server.get(KINDS.service, 'chat-requests')
    const exposed = (object: Json): Json => ({ ...object, spec: { ...object.spec, type: 'NodePort' } })
    stage.operator.api.admit = (object) => (object.kind === 'Service' ? exposed(object) : object)
    stage.change({ service: { annotations: { team: 'chat' } } })
    await stage.world.run(60_000)
    expect(service().spec.type).toBe('NodePort')
    stage.operator.api.admit = (object) => object
    stage.change({ service: { annotations: { team: 'talk' } } })
    await stage.world.run(60_000)
    expect(service().spec.type).toBe('ClusterIP')
    stage.server.change(KINDS.service, 'chat-requests', exposed)
    await stage.world.run(60_000)
    expect(service().spec.type).toBe('ClusterIP')
  })

  it('has no link to ref once it has stopped, though a pass goes on that has something to tell', async () => {
    const stage = await settled()
    const marks = (): boolean => stage.operator.api.writes.some((what) => what.startsWith('merge Persistent'))
    stage.scale(2)
    for (let ms = 0; ms < 10_000 && !marks(); ms++) await stage.world.run(1)
    expect([marks(), stage.operator.links]).toEqual([true, 1])
    await stage.operator.stop()
    await stage.world.run(10_000)
    expect(stage.operator.links).toBe(0)
  })

  it('has none either when the pass had only begun', async () => {
    const stage = await settled()
    const passed = stage.operator.reconciler.reconcile({ namespace: 'talk', name: 'chat' })
    await stage.operator.stop()
    await stage.world.run(10_000)
    expect(stage.operator.links).toBe(0)
    expect(await passed).toEqual({})
  })

  it('leaves a resource that is being deleted to Kubernetes', async () => {
    const stage = await settled()
    stage.server.change(KINDS.messagingCluster, 'chat', (each) => ({
      ...each,
      metadata: { ...each.metadata, deletionTimestamp: stage.server.now() },
    }))
    stage.server.remove(KINDS.service, 'chat-requests')
    await stage.world.run(60_000)
    expect(stage.operator.api.writes).toEqual([])
  })

  it('stops a rollout at the first bad pod, says so, and is repaired by the next image', async () => {
    const stage = await settled()
    stage.change({ image: { name: 'example/recado:bad' } })
    await stage.world.run(60_000)
    stage.change({ image: { name: 'example/recado:2' } })
    await stage.settle(300)
    expect(stage.world.findings).toEqual([])
  })
})
