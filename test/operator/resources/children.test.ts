import { describe, expect, it } from 'vitest'
import { CLUSTER_NAME_MAX } from '../../../src/operator/api/index.ts'
import { KINDS } from '../../../src/operator/kinds.ts'
import {
  children,
  keysSecret,
  renderedHash,
  wasApplied,
  withAppliedHash,
} from '../../../src/operator/resources/index.ts'
import { newKeyring } from '../../../src/operator/security/index.ts'
import { clusterOf } from '../support/clusters.ts'
import { testKeyMaker } from '../support/key-maker.ts'
import { CONTEXT, childrenOf, type Json, objectOf, objectsOf, podTemplatesOf } from '../support/rendering.ts'

const named = (objects: ReturnType<typeof objectsOf>, kind: string): string[] =>
  objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name)

describe('the children of a cluster', () => {
  it('are named and placed as their keys say, and owned by it without a finalizer', () => {
    for (const { kind, key, object } of childrenOf({ clients: { replicas: 1 } }, { serves: () => true })) {
      expect(object).toMatchObject({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: key })
      expect(object?.metadata.ownerReferences).toEqual([
        expect.objectContaining({ kind: 'MessagingCluster', name: 'chat', controller: true }),
      ])
      expect(object?.metadata).not.toHaveProperty('finalizers')
      expect(object?.metadata.ownerReferences?.[0]).not.toHaveProperty('blockOwnerDeletion')
    }
  })

  it('are listed as not to be there when the resource does without them', () => {
    const gone = childrenOf({
      servers: { replicas: 1 },
      brokers: { replicas: 1 },
      networkPolicy: { enabled: false },
    }).filter(({ object }) => object === undefined)

    expect(gone.map(({ kind, key }) => `${kind.kind} ${key.name}`).toSorted()).toEqual([
      'Deployment chat-client',
      'NetworkPolicy chat-broker',
      'NetworkPolicy chat-client',
      'NetworkPolicy chat-proxy',
      'NetworkPolicy chat-ref',
      'NetworkPolicy chat-server',
      'PodDisruptionBudget chat-broker',
      'PodDisruptionBudget chat-server',
      'ServiceAccount chat-client',
    ])
  })

  it('have budgets only where there is more than one pod; while a server is drained there still is', () => {
    const one = { servers: { replicas: 1 }, brokers: { replicas: 1 }, proxies: { replicas: 2 } }

    expect(named(objectsOf(one), 'PodDisruptionBudget')).toEqual(['chat-proxy'])
    expect(named(objectsOf(one, { serverReplicas: 3 }), 'PodDisruptionBudget')).toContain('chat-server')
  })

  it('have monitors and rules only of kinds that the API server has, and only if wanted', () => {
    const kinds = (spec: Readonly<Record<string, unknown>>, served: readonly string[]): string[] =>
      childrenOf(spec, { serves: ({ kind }) => served.includes(kind) })
        .filter(({ kind, object }) => kind.apiVersion.startsWith('monitoring') && object !== undefined)
        .map(({ kind }) => kind.kind)
    const both = [KINDS.podMonitor.kind, KINDS.prometheusRule.kind]

    expect(kinds({}, [])).toEqual([])
    expect(kinds({}, ['PodMonitor'])).toEqual(['PodMonitor'])
    expect(kinds({}, both)).toEqual(both)
    expect(kinds({ monitoring: { monitors: false } }, both)).toEqual([])
  })

  it('never ask about kinds of monitoring that are not there: a deletion would fail', () => {
    const asked = childrenOf({}, { serves: () => false }).map(({ kind }) => kind.apiVersion)

    expect(asked.filter((version) => version.startsWith('monitoring'))).toEqual([])
  })

  it('let servers’ volumes be as the resource says when it is deleted', () => {
    const policy = (retain: boolean): Json =>
      objectOf(objectsOf({ servers: { storage: { retain } } }), 'StatefulSet', 'chat-server').spec
        .persistentVolumeClaimRetentionPolicy

    expect(policy(true)).toEqual({ whenScaled: 'Retain', whenDeleted: 'Retain' })
    expect(policy(false)).toEqual({ whenScaled: 'Retain', whenDeleted: 'Delete' })
  })

  it('let processes find ref at an address that outlives its pod, and the others at those of all their pods', () => {
    const spec = (component: string): Json => objectOf(objectsOf({}), 'Service', `chat-${component}`).spec

    expect(spec('ref')).not.toHaveProperty('clusterIP')
    expect(spec('ref')).not.toHaveProperty('publishNotReadyAddresses')
    for (const component of ['broker', 'proxy', 'server']) {
      expect(spec(component)).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
    }
  })

  it('have as many servers as the operator says while it drains some, not as the resource does', () => {
    const objects = objectsOf({ servers: { replicas: 3 } }, { serverReplicas: 5 })

    expect(objectOf(objects, 'StatefulSet', 'chat-server').spec.replicas).toBe(5)
  })

  it('have names that Kubernetes allows when the cluster’s is as long as it may be', () => {
    const cluster = clusterOf({ clients: { replicas: 1 } }, 'c'.repeat(CLUSTER_NAME_MAX))
    const names = children(cluster, CONTEXT).map(({ kind, key }) => ({
      kind: kind.kind,
      length: key.name.length,
    }))
    const longest = (kind: string): number =>
      Math.max(...names.filter((each) => each.kind === kind).map(({ length }) => length))

    expect(longest('Service')).toBeLessThanOrEqual(63)
    // Its pods have a label of its name and a revision of ten characters.
    expect(longest('StatefulSet') + '-'.length + 10).toBeLessThanOrEqual(63)
  })
})

describe('the network policies of a cluster in open mode', () => {
  const policy = (name: string, spec: Readonly<Record<string, unknown>> = {}): Json =>
    objectOf(objectsOf({ security: { mode: 'open' }, ...spec }), 'NetworkPolicy', name).spec
  const fromOf = (name: string, port: number, spec?: Readonly<Record<string, unknown>>): Json =>
    policy(name, spec).ingress.find((rule: Json) => rule.ports[0].port === port).from
  const own = {
    podSelector: {
      matchLabels: { 'app.kubernetes.io/name': 'recado', 'app.kubernetes.io/instance': 'chat' },
    },
  }

  it.each([
    ['chat-broker', 5555],
    ['chat-proxy', 5558],
    ['chat-server', 9464],
    ['chat-ref', 9464],
  ])('let everyone to %s at %i', (name, port) => {
    expect(fromOf(name, port)).toBeUndefined()
  })

  it.each([
    ['chat-broker', 5556],
    ['chat-proxy', 5557],
    ['chat-server', 5560],
  ])('let only the cluster’s own pods to %s at %i', (name, port) => {
    expect(fromOf(name, port)).toEqual([own])
  })

  it('let the operator to ref as well', () => {
    expect(fromOf('chat-ref', 5559)).toEqual([
      own,
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'recado-system' } } },
    ])
  })

  it('narrow the clients’ ports, but never for the cluster’s own pods', () => {
    const web = { podSelector: { matchLabels: { role: 'web' } } }

    expect(fromOf('chat-broker', 5555, { networkPolicy: { clientPeers: [web] } })).toEqual([web, own])
    expect(fromOf('chat-broker', 9464, { networkPolicy: { metricsPeers: [web] } })).toEqual([web])
  })

  it('say nothing of what pods may reach', () => {
    expect(policy('chat-server').policyTypes).toEqual(['Ingress'])
  })
})

describe('the hash of an object', () => {
  const [object] = objectsOf({})
  if (object === undefined) throw new Error('A cluster has objects')

  it('is the same whatever the order of keys', () => {
    const { metadata, ...rest } = object

    expect(renderedHash({ metadata, ...rest })).toBe(renderedHash({ ...rest, metadata }))
  })

  it('on the live object says whether just this was applied', () => {
    const live = withAppliedHash(object)
    const other = { ...object, metadata: { ...object.metadata, labels: {} } }

    expect(wasApplied(object, live)).toBe(true)
    expect(wasApplied(other, live)).toBe(false)
    expect(wasApplied(object, object)).toBe(false)
  })
})

describe('a secured cluster', () => {
  const secured = { security: { mode: 'secured' }, clients: { replicas: 1 } }
  const keyring = newKeyring(testKeyMaker())
  const objects = objectsOf(secured, { keyring })
  const components = ['ref', 'broker', 'proxy', 'server', 'client']

  it('has a Secret for each component, which its pods mount read-only', () => {
    expect(named(objects, 'Secret')).toEqual(components.map((component) => `chat-${component}-keys`))
    for (const [name, template] of Object.entries(podTemplatesOf(objects))) {
      const [container] = template.spec.containers
      expect(template.spec.volumes).toContainEqual({
        name: 'keys',
        secret: { secretName: `${name}-keys`, defaultMode: 0o440 },
      })
      expect(container.volumeMounts).toContainEqual({ name: 'keys', mountPath: '/keys', readOnly: true })
      expect(container.env).toContainEqual({ name: 'SECURITY', value: 'secured' })
      expect(container.env).toContainEqual({ name: 'KEYS_DIR', value: '/keys' })
    }
  })

  it('has the same pods whatever its keys are: a change of them restarts nobody', () => {
    const other = objectsOf(secured, { keyring: newKeyring(testKeyMaker(1000)) })

    expect(objectOf(other, 'Secret', 'chat-server-keys')).not.toEqual(
      objectOf(objects, 'Secret', 'chat-server-keys'),
    )
    expect(podTemplatesOf(other)).toEqual(podTemplatesOf(objects))
  })

  it('keeps the Secrets that it has while its keys cannot be read', () => {
    const kinds = childrenOf(secured, { keyring: undefined }).map(({ kind }) => kind)

    expect(kinds).not.toContain(KINDS.secret)
  })

  it('has servers hear each other at the proxies’ port for that', () => {
    const [container] = objectOf(objects, 'StatefulSet', 'chat-server').spec.template.spec.containers

    expect(container.env).toContainEqual({
      name: 'PROXIES',
      value: 'tcp://chat-proxy.talk.svc:5557/5561',
    })
    expect(container.env).toContainEqual({ name: 'USERS', value: 'any' })
  })

  it('lets the operator alone reach the port where it is told who belongs to it', () => {
    const { ingress } = objectOf(objects, 'NetworkPolicy', 'chat-ref').spec
    const doors = ingress.filter(({ ports }: Json) => ports.some(({ port }: Json) => port === 5562))

    expect(doors).toEqual([
      {
        ports: [{ port: 5562, protocol: 'TCP' }],
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'recado-system' } },
            podSelector: { matchLabels: { 'app.kubernetes.io/name': 'recado-operator' } },
          },
        ],
      },
    ])
  })

  it.each([
    ['chat-broker', 5556],
    ['chat-proxy', 5557],
    ['chat-proxy', 5561],
    ['chat-server', 5560],
  ])('lets only servers reach %s at %d', (name, port) => {
    const { ingress } = objectOf(objects, 'NetworkPolicy', name).spec
    const door = ingress.find(({ ports }: Json) => ports.some((each: Json) => each.port === port))

    expect(door.from).toEqual([
      { podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': 'server' }) } },
    ])
  })
})

describe('the Secret with all keys of a cluster', () => {
  const keyring = newKeyring(testKeyMaker())

  it('stays when the cluster goes, as the volumes do', () => {
    expect(keysSecret(clusterOf(), keyring).metadata).not.toHaveProperty('ownerReferences')
  })

  it('goes with it where the volumes do', () => {
    const cluster = clusterOf({ servers: { storage: { retain: false } } })

    expect(keysSecret(cluster, keyring).metadata.ownerReferences).toMatchObject([{ name: 'chat' }])
  })
})
