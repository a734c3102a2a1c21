import { beforeEach, describe, expect, it } from 'vitest'
import { HttpKubeApi } from '../../../src/operator/kube/api.ts'
import { ApiEventRecorder } from '../../../src/operator/kube/event-recorder.ts'
import { Requests } from '../../../src/operator/kube/requests.ts'
import type { KubeEvent, KubeObject } from '../../../src/ports/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { FakeApiServer, refused } from '../../support/fake-api-server.ts'
import { keptLog } from '../../support/kept-log.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

const EVENTS = '/apis/events.k8s.io/v1/namespaces/ns/events'
const event: KubeEvent = { type: 'Normal', reason: 'Replaced', action: 'Evict', note: 'Replaced a-server-0' }

let virtual: VirtualTime
let server: FakeApiServer
let metrics: ReturnType<typeof countingMetrics>
let log: ReturnType<typeof keptLog>
let recorder: ApiEventRecorder

beforeEach(() => {
  virtual = new VirtualTime()
  server = new FakeApiServer(virtual)
  metrics = countingMetrics()
  log = keptLog()
  const time = virtual.process()
  const api = new HttpKubeApi(new Requests(server, metrics))
  const common = { time, timers: time, chance: seededChance(1), log, metrics }
  recorder = new ApiEventRecorder({ ...common, api, instance: 'pod-1' })
})

const cluster = (name = 'a'): KubeObject => ({
  apiVersion: 'recado.dev/v1alpha1',
  kind: 'MessagingCluster',
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '7' },
  spec: { large: 'x'.repeat(1000) },
})

async function pass(ms = 100): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await virtual.drain()
    virtual.promises = true
    await virtual.advance(i === 0 ? ms : 0)
  }
}

const written = () =>
  server.requests.filter(({ method }) => method === 'POST').map(({ body }) => body as KubeObject)
const dropped = () => metrics.value('recado_operator_events_dropped_total')

describe('the event recorder', () => {
  it('writes who says what of which object, with the digits that the API server wants', async () => {
    recorder.record(cluster(), event)
    await pass()

    expect(written()).toMatchObject([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace: 'ns' },
        ...event,
        reportingController: 'recado.dev/recado-operator',
        reportingInstance: 'pod-1',
        regarding: {
          kind: 'MessagingCluster',
          name: 'a',
          namespace: 'ns',
          uid: 'uid-a',
          resourceVersion: '7',
        },
      },
    ])
    expect(written()[0]?.['eventTime']).toMatch(/\.\d{6}Z$/)
    expect(server.requests[0]?.path).toMatch(`${EVENTS}?`)
  })

  it('counts what is said again in the one Event, at most once a minute', async () => {
    for (let i = 0; i < 100; i++) {
      recorder.record(cluster(), event)
      await pass(1000)
    }
    await pass(60_000)
    const name = written()[0]?.metadata.name

    expect(written()).toHaveLength(1)
    expect(server.at(`${EVENTS}/${name}`)).toMatchObject({ series: { count: 100 } })
    expect(server.requests.length).toBeLessThanOrEqual(4)
  })

  const countOf = (index = 0) => {
    const { series } = server.at(`${EVENTS}/${written()[index]?.metadata.name}`) as {
      series?: { count: number }
    }
    return series?.count
  }

  it('counts what is said again before the Event is written, and while it is', async () => {
    server.delayMs = 500
    recorder.record(cluster('a'), event)
    recorder.record(cluster('b'), event)
    recorder.record(cluster('b'), event)
    await pass(100)
    recorder.record(cluster('a'), event)
    await pass(2000)
    await pass(62_000)

    expect([countOf(0), countOf(1)]).toEqual([2, 2])
  })

  it('forgets what was said again while its count was written', async () => {
    server.delayMs = 500
    recorder.record(cluster(), event)
    await pass(2000)
    recorder.record(cluster(), event)
    await pass(60_100)
    recorder.record(cluster(), event)
    await pass(62_000)
    expect(countOf()).toBe(3)
    await pass(700_000)
    recorder.record(cluster(), event)
    await pass(2000)

    expect(written()).toHaveLength(2)
  })

  it('goes on counting after a count found no room', async () => {
    recorder.record(cluster(), event)
    await pass()
    recorder.record(cluster(), event)
    server.intercept = () => new Error('ECONNREFUSED')
    for (let i = 0; i < 100; i++) recorder.record(cluster(`c${i}`), event)
    await pass(61_000)
    expect(dropped()).toBe(1)
    server.intercept = () => undefined
    await pass(60_000)
    recorder.record(cluster(), event)
    await pass(61_000)

    expect(countOf()).toBe(3)
  })

  it('goes on counting after what was said again while it was refused', async () => {
    server.delayMs = 500
    server.intercept = () => refused(403, 'Forbidden', 'No')
    recorder.record(cluster(), event)
    await pass(100)
    recorder.record(cluster(), event)
    await pass(2000)
    server.intercept = () => undefined
    recorder.record(cluster(), event)
    await pass(62_000)

    expect(server.at(`${EVENTS}/${written()[0]?.metadata.name}`)).toBeDefined()
  })

  it('says anew what was last said long ago', async () => {
    recorder.record(cluster(), event)
    await pass(700_000)
    recorder.record(cluster(), event)
    await pass()

    expect(written()).toHaveLength(2)
    expect(new Set(written().map(({ metadata }) => metadata.name)).size).toBe(2)
  })

  it('tells apart objects, reasons and notes', async () => {
    recorder.record(cluster('a'), event)
    recorder.record(cluster('b'), event)
    recorder.record(cluster('a'), { ...event, reason: 'Other' })
    recorder.record(cluster('a'), { ...event, note: 'Replaced a-server-1' })
    await pass()

    expect(written()).toHaveLength(4)
  })

  it('makes the Event again when the API server has forgotten it', async () => {
    recorder.record(cluster(), event)
    await pass()
    server.remove(`${EVENTS}/${written()[0]?.metadata.name}`)
    recorder.record(cluster(), event)
    await pass(61_000)

    expect(written()).toHaveLength(2)
    expect(dropped()).toBe(0)
  })

  it('cuts a note to what fits', async () => {
    recorder.record(cluster(), { ...event, note: 'ü'.repeat(1000) })
    await pass()
    const note = written()[0]?.['note'] as string

    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024)
    expect(note.endsWith('…')).toBe(true)
  })

  it('keeps what it has while the API server is away, drops what is too much, and never throws', async () => {
    server.intercept = () => new Error('ECONNREFUSED')
    for (let i = 0; i < 150; i++) recorder.record(cluster(`c${i}`), event)
    await pass(60_000)
    expect(dropped()).toBe(50)
    expect(server.requests.length).toBeLessThan(10)
    server.intercept = () => undefined
    await pass(60_000)

    expect(new Set(written().map(({ metadata }) => metadata.name)).size).toBe(100)
    expect(dropped()).toBe(50)
  })

  it('drops many different Events on one object', async () => {
    for (let i = 0; i < 60; i++) {
      recorder.record(cluster(), { ...event, note: String(i) })
      await pass()
    }

    expect(written()).toHaveLength(50)
    expect(dropped()).toBe(10)
  })

  it('says aloud why Events are refused, once until one is written', async () => {
    const warnings = () => log.lines.filter(({ level }) => level === 'warn')
    server.intercept = () => refused(403, 'Forbidden', 'events is forbidden')
    for (let i = 0; i < 3; i++) recorder.record(cluster(), { ...event, note: `${i}` })
    await pass()
    expect(warnings().map(({ fields }) => fields)).toMatchObject([
      { status: 403, error: 'events is forbidden' },
    ])
    server.intercept = () => undefined
    recorder.record(cluster(), event)
    await pass()
    server.intercept = () => refused(403, 'Forbidden', 'events is forbidden')
    recorder.record(cluster(), { ...event, note: 'Last' })
    await pass()

    expect(dropped()).toBe(4)
    expect(warnings()).toHaveLength(2)
  })

  it('drops what is refused for good, and goes on', async () => {
    server.intercept = ({ body }) =>
      (body as KubeObject | undefined)?.['reason'] === 'Bad' ? refused(403, 'Forbidden', 'No') : undefined
    recorder.record(cluster(), { ...event, reason: 'Bad' })
    recorder.record(cluster(), event)
    await pass()

    expect(dropped()).toBe(1)
    expect(written().map((each) => each['reason'])).toEqual(['Bad', 'Replaced'])
  })
})
