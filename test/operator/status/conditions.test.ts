import { describe, expect, it } from 'vitest'
import type { PodFacts } from '../../../src/operator/reconcile/pods.ts'
import { degraded } from '../../../src/operator/status/degraded.ts'
import type { StatusFacts } from '../../../src/operator/status/facts.ts'
import { paused } from '../../../src/operator/status/paused.ts'
import { progressing } from '../../../src/operator/status/progressing.ts'
import { ready } from '../../../src/operator/status/ready.ts'
import { warning } from '../../../src/operator/status/warning.ts'
import { KubeError } from '../../../src/ports/index.ts'
import { clusterOf } from '../support/clusters.ts'
import { NOW, pod } from '../support/pods.ts'
import { entries, entry, view } from '../support/views.ts'

const names = ['chat-server-0', 'chat-server-1', 'chat-server-2']
const all = { desired: 2, ready: 2, updated: 2 }
const healthy: StatusFacts = {
  spec: clusterOf().spec,
  observed: {
    pods: names.map((name) => pod({ name })),
    statefulSet: undefined,
    deployments: { ref: undefined, broker: undefined, proxy: undefined, client: undefined },
    claims: [],
  },
  scale: { replicas: 3, wanted: 3, mark: [], unmark: [], remove: [], leaving: [] },
  wanted: names,
  rollout: { step: 'done' },
  view: view(entries(3), 3),
  failures: [],
  growth: undefined,
  keys: undefined,
  counts: {
    server: { desired: 3, ready: 3, updated: 3 },
    ref: { desired: 1, ready: 1, updated: 1 },
    broker: all,
    proxy: all,
    client: { desired: 0, ready: 0, updated: 0 },
  },
  now: NOW,
}
const facts = (rest: Partial<StatusFacts> = {}): StatusFacts => ({ ...healthy, ...rest })
const withPod = (options: Parameters<typeof pod>[0]): StatusFacts => {
  const pods: PodFacts[] = [pod({ name: 'chat-server-0', ...options })]
  return facts({ observed: { ...healthy.observed, pods } })
}

describe('the conditions of a healthy cluster', () => {
  it('say that it is ready, at rest and well', () => {
    expect(ready(facts())).toMatchObject({ status: 'True', reason: 'AllReady' })
    expect(progressing(facts())).toMatchObject({ status: 'False', reason: 'Settled' })
    expect(degraded(facts())).toMatchObject({ status: 'False', reason: 'Healthy' })
    expect(warning(facts())).toMatchObject({ status: 'False', reason: 'NoWarnings' })
    expect(paused(facts())).toMatchObject({ status: 'False', reason: 'NotPaused' })
  })
})

describe('Ready is False', () => {
  it.each<[string, Partial<StatusFacts>, string, RegExp]>([
    [
      'pods are missing',
      { counts: { ...healthy.counts, broker: { ...all, ready: 1 } } },
      'ComponentsNotReady',
      /1 of 2 brokers ready/,
    ],
    [
      'pods are old',
      { counts: { ...healthy.counts, server: { desired: 3, ready: 3, updated: 1 } } },
      'ComponentsNotReady',
      /1 as asked/,
    ],
    ['no ref answers', { view: undefined }, 'ReferenceSilent', /does not answer/],
    [
      'ref does not know',
      { view: view(entries(3), 3, { epoch: 0 }) },
      'ServersNotUp',
      /does not know the servers/,
    ],
    [
      'one catches up',
      { view: view([entry(0), entry(1), entry(2, { state: 'joining' })], 3) },
      'ServersNotUp',
      /chat-server-2 is joining/,
    ],
    [
      'one does not vote',
      { view: view([entry(0), entry(1), entry(2, { voter: false })], 3) },
      'ServersNotUp',
      /does not vote/,
    ],
    [
      'nobody coordinates',
      { view: view(entries(3), 3, { coordinator: '' }) },
      'NoCoordinator',
      /no coordinator/,
    ],
    [
      'most voters are down',
      { view: view([entry(0), entry(1, { state: 'down' }), entry(2, { state: 'suspect' })], 3) },
      'NoMajority',
      /1 of 3 voting servers are up: chat-server-1 is down, chat-server-2 is suspect/,
    ],
    [
      'servers are still to come',
      { scale: { ...healthy.scale, wanted: 2 } },
      'ServersNotUp',
      /3 are asked for/,
    ],
  ])('while %s', (_, change, reason, message) => {
    expect(ready(facts(change))).toMatchObject({
      status: 'False',
      reason,
      message: expect.stringMatching(message),
    })
  })
})

describe('Degraded is True', () => {
  const waiting = (reason: string, message = ''): Parameters<typeof pod>[0] => ({
    ready: false,
    state: { waiting: { reason, message } },
  })
  it.each<[string, Parameters<typeof pod>[0], string, RegExp]>([
    [
      'an image cannot be pulled',
      waiting('ImagePullBackOff', 'not found'),
      'ImagePullBackOff',
      /chat-server-0: not found/,
    ],
    ['an image could not be pulled', waiting('ErrImagePull', 'refused'), 'ErrImagePull', /refused/],
    [
      'a container cannot be made',
      waiting('CreateContainerConfigError', 'secret "x" not found'),
      'ContainerNotStarted',
      /secret "x"/,
    ],
    [
      'a process ends again and again',
      {
        ...waiting('CrashLoopBackOff'),
        restarts: 7,
        lastState: { terminated: { exitCode: 3, message: 'wrong_owner: the folder is another’s\n' } },
      },
      'CrashLoopBackOff',
      /ended 7 times, last with exit code 3: wrong_owner: the folder is another’s$/,
    ],
    [
      'a process runs out of memory',
      { ...waiting('CrashLoopBackOff'), lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      'CrashLoopBackOff',
      /out of memory/,
    ],
    [
      'no node takes a pod',
      { ready: false, state: {}, node: '', scheduled: { message: '0/3 nodes: Insufficient cpu' } },
      'Unschedulable',
      /Insufficient cpu/,
    ],
    [
      'a volume is not bound',
      {
        ready: false,
        state: {},
        node: '',
        scheduled: { message: 'pod has unbound immediate PersistentVolumeClaims' },
      },
      'VolumeUnbound',
      /unbound/,
    ],
    [
      'a node is silent',
      { ready: false, readyStatus: 'Unknown' },
      'NodeGone',
      /kubectl taint nodes node-1 node.kubernetes.io\/out-of-service=nodeshutdown:NoExecute/,
    ],
    [
      'a node is taken for lost: its pods are not ready, and their containers are as the node told last',
      { ready: false, containersReady: true },
      'NodeGone',
      /chat-server-0 is on node node-1, which is silent/,
    ],
    ['a pod should long be gone', { due: 60 }, 'NodeGone', /chat-server-0 is on node node-1/],
  ])('when %s', (_, options, reason, message) => {
    expect(degraded(withPod(options))).toMatchObject({
      status: 'True',
      reason,
      message: expect.stringMatching(message),
    })
  })

  it('but not while a pod’s own containers are not ready', () => {
    expect(degraded(withPod({ ready: false, containersReady: false }))).not.toMatchObject({
      reason: 'NodeGone',
    })
  })

  it('when the API server refuses something, with its words; but not for a conflict, which the next pass mends', () => {
    const failure = (status: number, reason: string): StatusFacts => {
      return facts({
        failures: [{ step: 'Service chat-requests', error: new KubeError(status, reason, 'exceeded quota') }],
      })
    }
    expect(degraded(failure(403, 'Forbidden'))).toMatchObject({
      reason: 'ApiRefused',
      message: 'Service chat-requests: exceeded quota',
    })
    expect(degraded(failure(409, 'Conflict')).status).toBe('False')
  })

  it('when a rollout stalls', () => {
    const stalled = facts({
      rollout: { step: 'stalled', pod: pod(), why: 'it has not become ready in five minutes' },
    })
    expect(degraded(stalled)).toMatchObject({ status: 'True', reason: 'RolloutStalled' })
    expect(progressing(stalled)).toMatchObject({ status: 'False', reason: 'RolloutStalled' })
  })

  it('when a Deployment’s newest pods do not become ready in time', () => {
    const message = 'ReplicaSet "chat-broker-1" has timed out progressing.'
    const late = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }
    const broker = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'chat-broker' },
      status: { conditions: [late] },
    }
    const stalled = facts({
      observed: { ...healthy.observed, deployments: { ...healthy.observed.deployments, broker } },
    })
    expect(progressing(stalled)).toMatchObject({
      status: 'False',
      reason: 'RolloutStalled',
      message: `chat-broker: ${message}`,
    })
    expect(degraded(stalled)).toMatchObject({ status: 'True', reason: 'RolloutStalled' })
  })

  it('when a ref that has long been ready does not answer, but not while a new one starts', () => {
    const silent = (unreadyFor: number): StatusFacts => {
      const pods = [pod({ name: 'chat-ref-1', component: 'ref', unreadyFor })]
      return facts({ view: undefined, observed: { ...healthy.observed, pods } })
    }
    expect(degraded(silent(20))).toMatchObject({ status: 'True', reason: 'ReferenceSilent' })
    expect(degraded(silent(5)).status).toBe('False')
  })
})

describe('Degraded is False', () => {
  it.each<[string, Parameters<typeof pod>[0]]>([
    [
      'a pod that is pulling its image',
      { ready: false, state: { waiting: { reason: 'ContainerCreating' } } },
    ],
    ['a pod that ends within its grace', { due: -20, ready: false }],
    [
      'a pod that was made a moment ago',
      { ready: false, state: {}, node: '', age: 3, scheduled: { message: 'waiting' } },
    ],
  ])('for %s', (_, options) => {
    expect(degraded(withPod(options)).status).toBe('False')
  })

  it('while a whole cluster starts', () => {
    const starting = view(
      [0, 1, 2].map((each) => entry(each, { state: 'joining' })),
      3,
      { coordinator: '' },
    )
    expect(degraded(facts({ view: starting })).status).toBe('False')
  })
})

describe('Progressing says', () => {
  const leaving = { ...healthy.scale, replicas: 3, wanted: 2, leaving: ['chat-server-2'] }
  const spec = clusterOf({ servers: { replicas: 2 } }).spec
  const draining = (
    rest: Parameters<typeof entry>[1],
    other: Parameters<typeof entry>[1] = {},
  ): StatusFacts => {
    const seen = view([entry(0), entry(1, other), entry(2, rest)], 2)
    return facts({ spec, scale: leaving, wanted: names.slice(0, 2), view: seen })
  }

  it('what a drain waits for: who is behind or not up', () => {
    const { reason, message } = progressing(draining({ state: 'leaving' }, { lag: 120 }))
    expect(reason).toBe('ScalingDown')
    expect(message).toMatch(/chat-server-2 is leaving: a majority of the rest must hold all that it held/)
    expect(message).toMatch(/chat-server-1 lacks about 200 operations/)
    expect(progressing(draining({ state: 'leaving' }, { state: 'down' })).message).toMatch(
      /chat-server-1 is down/,
    )
  })

  it('that ref must be asked when it cannot be', () => {
    expect(progressing({ ...draining({}), view: undefined }).message).toMatch(/cannot be asked/)
  })

  it('what a rollout waits for', () => {
    const rolling = facts({
      counts: { ...healthy.counts, server: { desired: 3, ready: 3, updated: 1 } },
      rollout: { step: 'wait', why: 'chat-server-2 is joining' },
    })
    expect(progressing(rolling)).toMatchObject({
      status: 'True',
      reason: 'Rolling',
      message: expect.stringMatching(/1 of 3 .* chat-server-2 is joining/),
    })
  })

  it('that nothing moves while paused', () => {
    const still = facts({ spec: clusterOf({ paused: true }).spec })
    expect(progressing(still)).toMatchObject({ status: 'False', reason: 'Paused' })
    expect(paused(still)).toMatchObject({ status: 'True', reason: 'Paused' })
  })
})

describe('Warning is True', () => {
  it('for an even number of servers, and says what it is good for', () => {
    const even = facts({ spec: clusterOf({ servers: { replicas: 4 } }).spec })
    expect(warning(even)).toMatchObject({
      reason: 'EvenServers',
      message: '4 servers bear the loss of 1, as 3 do',
    })
  })

  it('for volumes that may not grow, with the API server’s words', () => {
    expect(warning(facts({ growth: 'only dynamically provisioned' }))).toMatchObject({
      reason: 'StorageNotExpandable',
      message: 'only dynamically provisioned',
    })
  })

  it('for a volume whose file system waits for its pod', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data-chat-server-0' },
      status: { conditions: [{ type: 'FileSystemResizePending', status: 'True' }] },
    }
    const claim = {
      name: 'data-chat-server-0',
      uid: 'u',
      ordinal: 0,
      terminating: false,
      leaving: false,
      object,
    }
    expect(warning(facts({ observed: { ...healthy.observed, claims: [claim] } }))).toMatchObject({
      reason: 'VolumeResizePending',
    })
  })
})
