import { beforeEach, describe, expect, it } from 'vitest'
import { KINDS } from '../../src/operator/kinds.ts'
import type { KubeResponse } from '../../src/ports/index.ts'
import { answered, FakeApiServer, refused } from '../support/fake-api-server.ts'
import { VirtualTime } from '../support/virtual-time.ts'
import { OperatorProcess, RESYNC_MS } from './support/operator-process.ts'

const CLUSTERS = '/apis/recado.dev/v1alpha1/namespaces/ns/messagingclusters'
const PODS = '/api/v1/namespaces/ns/pods'
const MONITORING = '/apis/monitoring.coreos.com/v1'
const OWN = { 'app.kubernetes.io/managed-by': 'recado-operator', 'app.kubernetes.io/instance': 'a' }

let virtual: VirtualTime
let server: FakeApiServer

class Process extends OperatorProcess {
  constructor(name: string, watchNamespaces: readonly string[] = []) {
    super({ virtual, server }, name, watchNamespaces)
  }
}

beforeEach(() => {
  virtual = new VirtualTime()
  server = new FakeApiServer(virtual)
  server.intercept = monitorsAbsent
})

const monitorsAbsent = ({ path }: { path: string }): KubeResponse | undefined =>
  path.startsWith(MONITORING) ? refused(404, 'NotFound', 'the server could not find it') : undefined

async function pass(ms: number): Promise<void> {
  for (let rest = ms; rest > 0; rest -= 500) {
    await virtual.drain()
    virtual.promises = true
    await virtual.advance(Math.min(500, rest))
  }
  await virtual.drain()
}

describe('an operator', () => {
  it('watches the resources everywhere, and of all else only what is its own', async () => {
    const { operator } = new Process('one')
    await pass(5000)
    const collections = server.watched.map((path) => path.split('?')[0])

    expect(collections).toContain('/apis/recado.dev/v1alpha1/messagingclusters')
    expect(collections).toHaveLength(11)
    expect(server.watched.filter((path) => !path.includes('labelSelector='))).toHaveLength(2)
    expect(operator.readiness()).toBe(true)
  })

  it('watches some namespaces only when told so', async () => {
    const { operator } = new Process('one', ['x', 'y'])
    await pass(5000)
    expect(operator.readiness()).toBe(true)

    expect(server.watched).toHaveLength(22)
    expect(server.watched.filter((path) => /\/namespaces\/[xy]\//.test(path))).toHaveLength(22)
  })

  it('goes on with the other namespaces when one is gone with its roles, and says which', async () => {
    const clusterIn = (namespace: string): string =>
      `/apis/recado.dev/v1alpha1/namespaces/${namespace}/messagingclusters/a`
    for (const namespace of ['x', 'y']) server.put(clusterIn(namespace), {})
    const process = new Process('one', ['x', 'y'])
    await pass(5000)
    expect(process.passes.toSorted()).toEqual(['x/a', 'y/a'])
    server.intercept = (request) =>
      request.path.includes('/namespaces/y/')
        ? refused(403, 'Forbidden', 'no role here')
        : monitorsAbsent(request)
    server.end()
    await pass(5000)
    process.passes.length = 0
    server.put(clusterIn('x'), { spec: { paused: true } })
    await pass(1000)
    expect(process.passes).toEqual(['x/a'])
    expect(process.operator.readiness()).toMatch(/^Cannot watch \w+ in y: no role here/)

    server.intercept = monitorsAbsent
    await pass(120_000)
    expect(process.passes).toContain('y/a')
    expect(process.operator.readiness()).toBe(true)
  })

  it('passes over a cluster at what happens to it and to what is its own', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const process = new Process('one')
    await pass(5000)
    expect(process.passes).toEqual(['ns/a'])
    server.put(`${PODS}/a-server-0`, { metadata: { labels: OWN } })
    server.put(`${PODS}/stranger`, { metadata: { labels: {} } })
    expect(process.pods).toEqual(['a'])
    await pass(1000)

    expect(process.passes).toEqual(['ns/a', 'ns/a'])
    server.remove(`${CLUSTERS}/a`)
    await pass(1000)
    expect(process.passes).toHaveLength(3)
  })

  it('passes over every cluster within the resync time, though nothing happens', async () => {
    for (const name of ['a', 'b', 'c']) server.put(`${CLUSTERS}/${name}`, {})
    const process = new Process('one')
    await pass(5000)
    const before = process.passes.length
    for (let i = 0; i < 4; i++) {
      server.bookmark()
      await pass(RESYNC_MS / 2)
    }

    expect(server.watched).toHaveLength(11)
    expect(new Set(process.passes.slice(before))).toEqual(new Set(['ns/a', 'ns/b', 'ns/c']))
  })

  it('passes over a cluster again after as long as a pass asks', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const process = new Process('one')
    process.reconcile = async () => ({ againAfterMs: 10_000 })
    await pass(35_000)

    expect(process.passes).toHaveLength(4)
  })

  it('counts passes, how they ended, and since when the worst one waits', async () => {
    server.put(`${CLUSTERS}/good`, {})
    server.put(`${CLUSTERS}/bad`, {})
    const process = new Process('one')
    process.reconcile = async (key) => {
      if (key === 'ns/bad') throw new Error('Cannot')
      return {}
    }
    await pass(5000)
    const begun = process.value('recado_operator_oldest_success_timestamp_seconds')
    await pass(RESYNC_MS)

    expect(process.value('recado_operator_reconciles_total', { result: 'success' })).toBeGreaterThan(0)
    expect(process.value('recado_operator_reconciles_total', { result: 'error' })).toBeGreaterThan(3)
    expect(process.value('recado_operator_oldest_success_timestamp_seconds')).toBe(begun)
    server.remove(`${CLUSTERS}/bad`)
    process.reconcile = async () => ({})
    await pass(RESYNC_MS * 4)
    const oldest = process.value('recado_operator_oldest_success_timestamp_seconds')
    expect(oldest).toBeGreaterThan((process.time.wall() - RESYNC_MS * 2) / 1000)
  })

  it('counts since when a cluster waits from when it comes', async () => {
    const process = new Process('one')
    process.reconcile = () => Promise.reject(new Error('Cannot'))
    await pass(5000)
    expect(process.value('recado_operator_oldest_success_timestamp_seconds')).toBe(0)
    server.put(`${CLUSTERS}/late`, {})
    const cameAt = process.time.wall() / 1000
    await pass(5000)
    expect(process.value('recado_operator_oldest_success_timestamp_seconds')).toBe(cameAt)
  })

  it('does nothing but keep its Lease when nothing happens', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const { passes } = new Process('one')
    await pass(10_000)
    server.requests.length = 0
    const watches = server.watched.length
    await pass(60_000)

    expect(server.requests.filter(({ path }) => !path.includes('/leases/'))).toEqual([])
    expect(server.requests.length).toBeLessThanOrEqual(31)
    expect(server.watched).toHaveLength(watches)
    expect(passes).toHaveLength(1)
  })
})

describe('of two operators', () => {
  it('one acts, and both are ready', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const [first, second] = [new Process('one'), new Process('second')]
    await pass(10_000)

    expect([first.passes.length, second.passes.length].toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(first.operator.readiness()).toBe(true)
    expect(second.operator.readiness()).toBe(true)
  })

  it('the other acts within twenty seconds when the leader dies', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const first = new Process('one')
    await pass(5000)
    const second = new Process('second')
    await pass(10_000)
    first.time.stop()
    await pass(20_000)

    expect(second.passes).toEqual(['ns/a'])
    expect(second.context?.term()).toBe(1)
  })

  it('the other acts at once when the leader stops in order, which first ends its work', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const first = new Process('one')
    let end: () => void = () => {}
    first.reconcile = () => new Promise((resolve) => (end = () => resolve({})))
    await pass(5000)
    const second = new Process('second')
    await pass(5000)
    void first.operator.stop()
    await pass(3000)
    expect(second.passes).toEqual([])
    virtual.promises = true
    end()
    await pass(3000)

    expect(second.passes).toEqual(['ns/a'])
    expect(first.stops).toBe(1)
  })

  it('the one that is cut off stops its work, writes nothing more, and stays alive', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const first = new Process('one')
    await pass(5000)
    const second = new Process('second')
    await pass(5000)
    first.isCut = true
    await pass(30_000)
    expect(second.passes).toEqual(['ns/a'])
    first.isCut = false
    const write = first.context?.api.apply(KINDS.pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
    })

    await expect(write).rejects.toMatchObject({ reason: 'NotLeading' })
    expect(first.stops).toBe(1)
    expect(first.failures).toEqual([])
  })

  it('the one that leads again first ends what it did before', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const first = new Process('one')
    let end: () => void = () => {}
    first.reconcile = () => new Promise((resolve) => (end = () => resolve({})))
    await pass(5000)
    first.isCut = true
    while (first.value('recado_operator_leader') === 1) await pass(500)
    first.isCut = false
    await pass(3000)
    expect(first.value('recado_operator_leader')).toBe(1)
    expect(first).toMatchObject({ leads: 1, passes: ['ns/a'] })
    virtual.promises = true
    end()
    await pass(1000)

    expect(first).toMatchObject({ leads: 2, passes: ['ns/a', 'ns/a'], failures: [] })
  })

  it('the one whose work does not end when it must ends its process', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const first = new Process('one')
    first.reconcile = () => new Promise(() => {})
    await pass(5000)
    first.isCut = true
    await pass(20_000)

    expect(first.failures).toHaveLength(1)
  })
})

describe('while the API server is away', () => {
  it('an operator is not ready, neither dies nor floods, and acts within ten seconds of its return', async () => {
    for (let i = 0; i < 50; i++) server.put(`${CLUSTERS}/c${i}`, {})
    const process = new Process('one')
    await pass(10_000)
    expect(process.passes).toHaveLength(50)
    server.intercept = () => new Error('ECONNREFUSED')
    server.end(new Error('ECONNRESET'))
    await pass(1000)
    expect(process.operator.readiness()).toContain('Cannot watch')
    server.requests.length = 0
    await pass(60_000)
    expect(process.passes).toHaveLength(50)
    expect(server.requests.length).toBeLessThan(120)

    server.intercept = monitorsAbsent
    server.put(`${CLUSTERS}/new`, {})
    await pass(10_000)
    expect(process.operator.readiness()).toBe(true)
    expect(process.passes.slice(50)).toContain('ns/new')
    expect(process.failures).toEqual([])
    expect(process.value('recado_operator_leader')).toBe(1)
  })

  it('an operator does not act on what it cannot watch any more, and does so once it can', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const process = new Process('one')
    await pass(5000)
    const isOther = ({ path }: { path: string }): boolean => !path.includes('/leases')
    server.intercept = (request) => (isOther(request) ? refused(500, 'InternalError', 'No') : undefined)
    server.end(new Error('ECONNRESET'))
    await pass(1000)
    process.context?.again({ namespace: 'ns', name: 'a' })
    await pass(20_000)
    expect(process.passes).toEqual(['ns/a'])
    server.intercept = monitorsAbsent
    await pass(10_000)

    expect(process.passes).toEqual(['ns/a', 'ns/a'])
    expect(process.leads).toBe(1)
  })

  it('an operator that starts waits for it, and says what it waits for', async () => {
    server.intercept = () => new Error('ECONNREFUSED')
    const process = new Process('one')
    expect(process.operator.readiness()).toBe(
      'Still reading MessagingCluster, MessagingUser, StatefulSet, Deployment, Pod, Service, ServiceAccount, Secret, PersistentVolumeClaim, PodDisruptionBudget, NetworkPolicy',
    )
    await pass(30_000)
    expect(process.operator.readiness()).toContain('ECONNREFUSED')
    server.intercept = monitorsAbsent
    server.put(`${CLUSTERS}/a`, {})
    await pass(10_000)

    expect(process.passes).toEqual(['ns/a'])
  })

  it('an operator that may not see a kind says which', async () => {
    server.intercept = (request) =>
      request.path.includes('/networkpolicies?')
        ? refused(403, 'Forbidden', 'networkpolicies is forbidden')
        : monitorsAbsent(request)
    server.put(`${CLUSTERS}/a`, {})
    const process = new Process('one')
    await pass(30_000)

    expect(process.operator.readiness()).toBe('Cannot watch networkpolicies: networkpolicies is forbidden')
    expect(process.passes).toEqual([])
  })
})

describe('kinds of another project', () => {
  it('are used once their definitions are there, and not any more when those are gone', async () => {
    server.put(`${CLUSTERS}/a`, {})
    const process = new Process('one')
    await pass(5000)
    expect(process.context?.serves(KINDS.podMonitor)).toBe(false)
    expect(process.context?.serves(KINDS.pod)).toBe(true)
    server.intercept = ({ path }) =>
      path === MONITORING ? answered({ resources: [{ name: 'podmonitors' }] }) : undefined
    const before = process.passes.length
    await pass(RESYNC_MS)
    expect(process.context?.serves(KINDS.podMonitor)).toBe(true)
    expect(process.context?.serves(KINDS.prometheusRule)).toBe(false)
    expect(process.passes.length).toBeGreaterThan(before)
    server.put(`${MONITORING}/namespaces/ns/podmonitors/a`, { metadata: { labels: OWN } })
    const monitor = (): unknown =>
      process.context?.cache.get(KINDS.podMonitor, { namespace: 'ns', name: 'a' })
    expect(monitor()).toBeDefined()
    server.intercept = monitorsAbsent
    await pass(RESYNC_MS)

    expect(process.context?.serves(KINDS.podMonitor)).toBe(false)
    expect(monitor()).toBeUndefined()
    expect(server.watches.filter((path) => path.includes('monitors'))).toEqual([])
    expect(process.operator.readiness()).toBe(true)
  })
})
