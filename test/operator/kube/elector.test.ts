import { beforeEach, describe, expect, it } from 'vitest'
import { HttpKubeApi } from '../../../src/operator/kube/api.ts'
import { Elector } from '../../../src/operator/kube/elector.ts'
import { Requests } from '../../../src/operator/kube/requests.ts'
import type { KubeTransport } from '../../../src/ports/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { FakeApiServer, refused } from '../../support/fake-api-server.ts'
import { keptLog } from '../../support/kept-log.ts'
import { type ProcessTime, seededChance, VirtualTime } from '../../support/virtual-time.ts'

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/ns/leases/recado-operator'

let virtual: VirtualTime
let server: FakeApiServer
/** Who led when, and who did at all moments. */
let told: string[]
let candidates: Candidate[]

class Candidate {
  readonly elector: Elector
  readonly time: ProcessTime
  readonly metrics = countingMetrics()
  readonly log = keptLog()
  /** Cut off from the API server. */
  isCut = false

  constructor(identity: string, offsetMs = 0) {
    this.time = virtual.process({ offsetMs })
    const transport: KubeTransport = {
      request: (request) => {
        if (this.isCut) return Promise.reject(new Error('ECONNREFUSED'))
        return server.request(request)
      },
      stream: () => () => {},
    }
    this.elector = new Elector({
      api: new HttpKubeApi(new Requests(transport, this.metrics), { deadlineMs: 4000 }),
      lease: { namespace: 'ns', name: 'recado-operator' },
      identity,
      time: this.time,
      timers: this.time,
      chance: seededChance(identity.length),
      log: this.log,
      metrics: this.metrics,
      began: () => told.push(`${identity} leads`),
      ended: () => told.push(`${identity} ends`),
    })
    candidates.push(this)
  }

  start(): this {
    this.elector.start()
    return this
  }
}

beforeEach(() => {
  virtual = new VirtualTime()
  server = new FakeApiServer(virtual)
  told = []
  candidates = []
})

/** Lets time pass, and looks each second that no two lead. */
async function pass(ms: number): Promise<void> {
  await virtual.drain()
  for (let rest = ms; rest > 0; rest -= 1000) {
    await virtual.advance(Math.min(1000, rest))
    await virtual.drain()
    expect(candidates.filter(({ elector }) => elector.isLeading).length).toBeLessThan(2)
  }
}

const spec = () => server.at(LEASE)?.['spec'] as Record<string, unknown>

describe('an elector', () => {
  it('makes the Lease when there is none, and keeps it', async () => {
    const a = new Candidate('a').start()
    await pass(60_000)

    expect(told).toEqual(['a leads'])
    expect(a.elector.term).toBe(0)
    expect(a.metrics.value('recado_operator_leader')).toBe(1)
    expect(spec()).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 })
  })

  it('writes times with six digits: with three the API server refuses them', async () => {
    new Candidate('a').start()
    await pass(10_000)

    for (const field of ['acquireTime', 'renewTime']) {
      expect(spec()[field]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    }
    expect(Date.parse(spec()['renewTime'] as string)).toBeGreaterThan(
      Date.parse(spec()['acquireTime'] as string),
    )
  })

  it('leaves the lead to who has it, whatever the clocks say', async () => {
    new Candidate('a', -3_600_000).start()
    await pass(3000)
    new Candidate('b', 3_600_000).start()
    await pass(120_000)

    expect(told).toEqual(['a leads'])
  })

  it('leads within twenty seconds when the leader is gone, as the next term', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    const b = new Candidate('b').start()
    await pass(30_000)
    a.time.stop()
    const diedAt = virtual.now
    while (!told.includes('b leads') && virtual.now - diedAt < 60_000) await pass(1000)

    expect(virtual.now - diedAt).toBeGreaterThan(10_000)
    expect(virtual.now - diedAt).toBeLessThan(20_000)
    expect(b.elector.term).toBe(1)
    expect(spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
  })

  it('gives the Lease back when it stops, so that another leads at once', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    const b = new Candidate('b').start()
    await pass(3000)
    const stopped = a.elector.stop()
    await pass(3000)
    await stopped

    expect(told).toEqual(['a leads', 'a ends', 'b leads'])
    expect(b.elector.term).toBe(1)
  })

  it('stops before another may begin when it is cut off, and does not end for good', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    new Candidate('b').start()
    await pass(5000)
    a.isCut = true
    await pass(60_000)
    expect(told).toEqual(['a leads', 'a ends', 'b leads'])
    a.isCut = false
    await pass(60_000)

    expect(told).toHaveLength(3)
    expect(a.metrics.value('recado_operator_leader')).toBe(0)
  })

  it('survives a failed renewal or two', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    for (let i = 0; i < 5; i++) {
      a.isCut = true
      await pass(6000)
      a.isCut = false
      await pass(6000)
    }

    expect(told).toEqual(['a leads'])
  })

  it('survives an API server that does not answer a request', async () => {
    new Candidate('a').start()
    await pass(3000)
    let silent = 1
    server.intercept = () => (silent-- > 0 ? 'silence' : undefined)
    await pass(30_000)

    expect(told).toEqual(['a leads'])
  })

  it('leads again, as another term, after the API server was away for everybody', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    server.intercept = () => new Error('ECONNREFUSED')
    await pass(60_000)
    expect(told).toEqual(['a leads', 'a ends'])
    server.intercept = () => undefined
    await pass(3000)

    expect(told.at(-1)).toBe('a leads')
    expect(a.elector.term).toBe(1)
  })

  it('goes on at once with its own Lease when it was cut off for a moment too long', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    a.isCut = true
    while (a.elector.isLeading) await pass(1000)
    a.isCut = false
    await pass(3000)

    expect(told).toEqual(['a leads', 'a ends', 'a leads'])
  })

  it('counts from when it asked, not from when it was answered', async () => {
    server.delayMs = 3000
    const a = new Candidate('a').start()
    await pass(6000)
    expect(a.elector.isLeading).toBe(true)
    a.time.stop()
    await pass(12_000)

    expect(a.elector.isLeading).toBe(false)
  })

  it('is one of two that race, and one wins', async () => {
    for (let i = 0; i < 5; i++) new Candidate('x'.repeat(i + 1)).start()
    await pass(60_000)

    expect(told).toHaveLength(1)
  })

  it('takes a Lease whose holder let it go, or that was made by hand', async () => {
    server.put(LEASE, { spec: {} })
    new Candidate('a').start()
    await pass(3000)

    expect(told).toEqual(['a leads'])
  })

  it('waits for a restarted process of the same pod as for another', async () => {
    const a = new Candidate('pod-1').start()
    await pass(3000)
    a.time.stop()
    new Candidate('pod-22').start()
    await pass(5000)

    expect(told).toEqual(['pod-1 leads'])
  })

  it('goes on when somebody changed the Lease, and makes it again when somebody deleted it', async () => {
    new Candidate('a').start()
    await pass(3000)
    server.put(LEASE, { metadata: { labels: { touched: 'true' } } })
    await pass(10_000)
    expect(told).toEqual(['a leads'])
    server.remove(LEASE)
    await pass(10_000)

    expect(told).toEqual(['a leads'])
    expect(spec()).toMatchObject({ holderIdentity: 'a' })
  })

  it('steps back when somebody else is in the Lease', async () => {
    new Candidate('a').start()
    await pass(3000)
    server.put(LEASE, { spec: { ...spec(), holderIdentity: 'somebody' } })
    await pass(5000)

    expect(told).toEqual(['a leads', 'a ends'])
  })

  it('may not write any more after it stood still, before any of its timers ran', async () => {
    const a = new Candidate('a').start()
    await pass(3000)
    virtual.run(16_000)

    expect(a.elector.isLeading).toBe(false)
  })

  const refusals = ({ log }: Candidate) =>
    log.lines.filter(({ message, level }) => level === 'warn' && message.includes('read or written'))

  it('says aloud why it cannot lead, once for each way in which it is refused', async () => {
    let status = 403
    server.intercept = () => refused(status, 'Forbidden', 'leases is forbidden')
    const a = new Candidate('a').start()
    await pass(20_000)
    expect(refusals(a).map(({ fields }) => fields)).toEqual([
      { status: 403, reason: 'Forbidden', error: 'leases is forbidden' },
    ])
    status = 401
    await pass(20_000)
    expect(refusals(a)).toHaveLength(2)
    server.intercept = () => undefined
    await pass(5000)
    server.intercept = () => refused(status, 'Unauthorized', 'No')
    await pass(20_000)
    expect(refusals(a)).toHaveLength(3)
  })

  it('says nothing aloud when another was quicker', async () => {
    for (let i = 0; i < 5; i++) new Candidate('x'.repeat(i + 1)).start()
    await pass(60_000)

    expect(server.requests.filter(({ method }) => method === 'POST').length).toBeGreaterThan(1)
    expect(candidates.flatMap(refusals)).toEqual([])
  })

  it('confirms its term by asking', async () => {
    const a = new Candidate('a').start()
    const b = new Candidate('b')
    await pass(3000)

    expect(await a.elector.confirmTerm()).toBe(0)
    expect(await b.elector.confirmTerm()).toBeUndefined()
    server.put(LEASE, { spec: { ...spec(), holderIdentity: 'somebody' } })
    expect(await a.elector.confirmTerm()).toBeUndefined()
  })
})
