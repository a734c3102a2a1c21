import { beforeEach, describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import { HttpKubeApi } from '../../../src/operator/kube/api.ts'
import { Requests } from '../../../src/operator/kube/requests.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { answered, FakeApiServer, refused } from '../../support/fake-api-server.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

let server: FakeApiServer
let metrics: ReturnType<typeof countingMetrics>
let api: HttpKubeApi

beforeEach(() => {
  server = new FakeApiServer(new VirtualTime())
  metrics = countingMetrics()
  api = new HttpKubeApi(new Requests(server, metrics))
})

const PODS = '/api/v1/namespaces/ns/pods'
const key = { namespace: 'ns', name: 'a' }
const policy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: key,
  spec: { ingress: [{ from: [{ podSelector: {} }] }] },
}

describe('get', () => {
  it('gives nothing for what is not there, and throws at any other refusal', async () => {
    expect(await api.get(KINDS.pod, key)).toBeUndefined()
    server.intercept = () => refused(403, 'Forbidden', 'pods "a" is forbidden')

    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({ status: 403, reason: 'Forbidden' })
  })

  it('cannot leave the path of its kind by a name', async () => {
    await api.get(KINDS.pod, { namespace: 'ns', name: '../secrets/x?y' })

    expect(server.requests[0]?.path).toBe(`${PODS}/..%2Fsecrets%2Fx%3Fy`)
  })
})

describe('list', () => {
  it('reads all pages, and says of each object what it is', async () => {
    for (let i = 0; i < 600; i++) server.put(`${PODS}/p${i}`, { metadata: {} })

    const pods = await api.list(KINDS.pod, { namespace: 'ns' })

    expect(new Set(pods.map(({ metadata }) => metadata.name)).size).toBe(600)
    expect(pods[599]).toMatchObject({ apiVersion: 'v1', kind: 'Pod' })
    expect(server.requests).toHaveLength(3)
  })

  it('takes only what has the labels', async () => {
    server.put(`${PODS}/a`, { metadata: { labels: { 'x/y': 'z' } } })
    server.put(`${PODS}/b`, {})

    expect(await api.list(KINDS.pod, { labelSelector: 'x/y=z' })).toMatchObject([{ metadata: { name: 'a' } }])
    expect(server.requests[0]?.path).toContain('/api/v1/pods?labelSelector=x%2Fy%3Dz&')
  })
})

describe('apply', () => {
  it('sends the object as it is, forced, in the name of the one field manager', async () => {
    await api.apply(KINDS.networkPolicy, policy)

    expect(server.requests).toMatchObject([
      {
        method: 'PATCH',
        path: '/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/a?fieldManager=recado-operator&force=true',
        contentType: 'application/apply-patch+yaml',
        body: policy,
      },
    ])
  })

  it('writes status by its own path', async () => {
    const object = { apiVersion: 'recado.dev/v1alpha1', kind: 'MessagingCluster', metadata: key, status: {} }
    await api.applyStatus(KINDS.messagingCluster, object)

    expect(server.requests[0]?.path).toMatch(
      /^\/apis\/recado\.dev\/v1alpha1\/.*\/messagingclusters\/a\/status\?/,
    )
  })

  it('throws what the API server says is wrong', async () => {
    server.intercept = () => refused(422, 'Invalid', 'spec.ports: Required value')

    await expect(api.apply(KINDS.networkPolicy, policy)).rejects.toMatchObject({
      status: 422,
      reason: 'Invalid',
      message: 'spec.ports: Required value',
    })
  })
})

describe('replace', () => {
  it('does not write over another version than the one that was read', async () => {
    const pod = await api.create(KINDS.pod, { apiVersion: 'v1', kind: 'Pod', metadata: key })
    server.put(`${PODS}/a`, { metadata: { labels: { changed: 'true' } } })

    await expect(api.replace(KINDS.pod, pod)).rejects.toMatchObject({ status: 409, reason: 'Conflict' })
  })
})

describe('merge', () => {
  it('sends a merge patch', async () => {
    server.put(`${PODS}/a`, { metadata: { annotations: { old: '1' } } })
    await api.merge(KINDS.pod, key, { metadata: { annotations: { old: null, new: '2' } } })

    expect(server.at(`${PODS}/a`)?.metadata.annotations).toEqual({ new: '2' })
    expect(server.requests[0]?.contentType).toBe('application/merge-patch+json')
  })
})

describe('delete', () => {
  it('says whether it was there', async () => {
    server.put(`${PODS}/a`, {})

    expect(await api.delete(KINDS.pod, key)).toBe(true)
    expect(await api.delete(KINDS.pod, key)).toBe(false)
  })

  it('leaves another object of the same name alone', async () => {
    server.put(`${PODS}/a`, { metadata: { uid: 'new' } })

    expect(await api.delete(KINDS.pod, key, { uid: 'old' })).toBe(false)
    expect(server.at(`${PODS}/a`)).toBeDefined()
    expect(await api.delete(KINDS.pod, key, { uid: 'new', propagation: 'Orphan' })).toBe(true)
    expect(server.requests.at(-1)?.body).toMatchObject({ propagationPolicy: 'Orphan' })
  })

  it('throws when it is refused for another reason', async () => {
    server.put(`${PODS}/a`, {})
    server.intercept = () => refused(409, 'Conflict', 'the object is being changed')

    await expect(api.delete(KINDS.pod, key, { uid: 'x' })).rejects.toMatchObject({ status: 409 })
  })
})

describe('evict', () => {
  const budget = { details: { causes: [{ reason: 'DisruptionBudget', message: 'needs 2 healthy pods' }] } }

  it('asks for the eviction of that very pod', async () => {
    server.put(`${PODS}/a`, { metadata: { uid: 'u' } })

    expect(await api.evict(key, { uid: 'u' })).toBe('evicted')
    expect(await api.evict(key, { uid: 'u' })).toBe('gone')
    expect(server.requests[1]).toMatchObject({
      method: 'POST',
      path: `${PODS}/a/eviction`,
      body: { deleteOptions: { preconditions: { uid: 'u' } } },
    })
  })

  it('does not ask for that of another pod: it would count against the budget though it fails', async () => {
    server.put(`${PODS}/a`, { metadata: { uid: 'new' } })

    expect(await api.evict(key, { uid: 'old' })).toBe('gone')
    expect(server.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it('takes a pod for gone that is replaced while it asks', async () => {
    server.put(`${PODS}/a`, { metadata: { uid: 'old' } })
    server.intercept = ({ method }) => {
      if (method === 'POST') server.put(`${PODS}/a`, { metadata: { uid: 'new' } })
      return undefined
    }

    expect(await api.evict(key, { uid: 'old' })).toBe('gone')
    expect(server.at(`${PODS}/a`)).toBeDefined()
  })

  it('is blocked when a budget forbids it', async () => {
    server.intercept = () => refused(429, 'TooManyRequests', 'Cannot evict pod', budget)

    expect(await api.evict(key)).toBe('blocked')
  })

  it('is not blocked but failed when the API server has too much to do', async () => {
    server.intercept = () => ({
      status: 429,
      body: 'Too many requests, please try again later.',
      retryAfterMs: 1000,
    })

    await expect(api.evict(key)).rejects.toMatchObject({ status: 429, retryAfterMs: 1000 })
  })
})

describe('a failure', () => {
  it('without an answer has status 0', async () => {
    server.intercept = () => new Error('connect ECONNREFUSED')

    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({
      name: 'KubeError',
      status: 0,
      reason: 'NoAnswer',
    })
  })

  it('in plain text, or none, is told by its status', async () => {
    server.intercept = () => ({ status: 502, body: 'Bad gateway\n' })
    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({ status: 502, message: 'Bad gateway' })
    server.intercept = () => ({ status: 401, body: '' })
    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({ status: 401, message: 'HTTP 401' })
  })

  it('is said when what came is no object', async () => {
    server.intercept = () => ({ status: 200, body: '<html>' })
    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({ status: 0, reason: 'Malformed' })
    server.intercept = () => answered(null)
    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({ status: 0, reason: 'Malformed' })
  })

  it('says how long to wait, by header or in the answer', async () => {
    server.intercept = () =>
      refused(429, 'TooManyRequests', 'Slow down', { details: { retryAfterSeconds: 3 } })

    await expect(api.get(KINDS.pod, key)).rejects.toMatchObject({ retryAfterMs: 3000 })
  })
})

describe('every request', () => {
  it('is counted by what it does and how it ends', async () => {
    server.put(`${PODS}/a`, {})
    await api.get(KINDS.pod, key)
    server.intercept = () => new Error('connect ECONNREFUSED')
    await api.delete(KINDS.pod, key).catch(() => {})

    expect(metrics.value('recado_operator_requests_total', { verb: 'get', code: '200' })).toBe(1)
    expect(metrics.value('recado_operator_requests_total', { verb: 'delete', code: 'none' })).toBe(1)
  })
})
