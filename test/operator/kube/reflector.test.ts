import { beforeEach, describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import { ObjectCache } from '../../../src/operator/kube/cache.ts'
import { Reachability } from '../../../src/operator/kube/reachability.ts'
import { type Change, Reflector, type Selection } from '../../../src/operator/kube/reflector.ts'
import { Requests } from '../../../src/operator/kube/requests.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { FakeApiServer, refused } from '../../support/fake-api-server.ts'
import { quietLog } from '../../support/quiet.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

const PODS = '/api/v1/namespaces/ns/pods'

class World {
  readonly virtual = new VirtualTime()
  readonly server = new FakeApiServer(this.virtual)
  readonly cache = new ObjectCache()
  readonly metrics = countingMetrics()
  readonly changes: Change[] = []
  states = 0
  onChange: (change: Change) => void = (change) => void this.changes.push(change)
  readonly reflector: Reflector

  constructor(selection: Selection) {
    const time = this.virtual.process()
    const requests = new Requests(this.server, this.metrics)
    const common = { requests, time, timers: time, chance: seededChance(1), log: quietLog }
    this.reflector = new Reflector(
      {
        ...common,
        cache: this.cache,
        metrics: this.metrics,
        reachability: new Reachability(common),
        changed: (change) => this.onChange(change),
        stateChanged: () => void this.states++,
      },
      selection,
    )
    this.virtual.promises = true
  }

  async start(ms = 100): Promise<void> {
    this.reflector.start()
    await this.pass(ms)
  }

  async pass(ms: number): Promise<void> {
    await this.virtual.drain()
    await this.virtual.advance(ms)
    await this.virtual.drain()
  }

  get lists(): number {
    return this.server.requests.filter(({ path }) => path.includes('limit=')).length
  }

  get watches(): number {
    return this.server.watched.length
  }

  names(): string[] {
    return this.cache.all(KINDS.pod).map(({ metadata }) => metadata.name)
  }
}

let world: World

beforeEach(() => {
  world = new World({ kind: KINDS.pod })
})

describe('a reflector', () => {
  it('lists, then tells what changes from there on', async () => {
    world.server.put(`${PODS}/a`, {})
    await world.start()
    world.server.put(`${PODS}/b`, {})
    world.server.put(`${PODS}/a`, { metadata: { labels: { x: 'y' } } })
    world.server.remove(`${PODS}/b`)

    expect(world.changes.map(({ object, isGone }) => [object.metadata.name, isGone])).toEqual([
      ['a', false],
      ['b', false],
      ['a', false],
      ['b', true],
    ])
    expect(world.names()).toEqual(['a'])
    expect(world.reflector.isSynced).toBe(true)
    expect(world).toMatchObject({ lists: 1, watches: 1 })
  })

  it('gives all objects in one form, without what only the API server needs', async () => {
    world.server.put(`${PODS}/listed`, {})
    await world.start()
    world.server.put(`${PODS}/watched`, {})

    for (const name of ['listed', 'watched']) {
      const pod = world.cache.get(KINDS.pod, { namespace: 'ns', name })
      expect(pod).toMatchObject({ apiVersion: 'v1', kind: 'Pod' })
      expect(pod?.metadata).not.toHaveProperty('managedFields')
    }
  })

  it('asks for what it may see only: one namespace, one label', async () => {
    world = new World({ kind: KINDS.pod, namespace: 'ns', labelSelector: 'a=b' })
    world.server.put(`${PODS}/mine`, { metadata: { labels: { a: 'b' } } })
    world.server.put(`${PODS}/other`, {})
    await world.start()

    expect(world.names()).toEqual(['mine'])
    expect(world.server.watched[0]).toMatch(
      /^\/api\/v1\/namespaces\/ns\/pods\?watch=true&.*labelSelector=a%3Db$/,
    )
  })

  it('goes on without a list when a watch ends as it was asked to', async () => {
    await world.start()
    await world.pass(60_000)
    world.server.bookmark()
    const version = world.server.watched[0]?.match(/resourceVersion=(\d+)/)?.[1]
    world.server.end()
    world.server.put(`${PODS}/meanwhile`, {})
    await world.pass(1000)

    expect(world).toMatchObject({ lists: 1, watches: 2 })
    expect(world.names()).toEqual(['meanwhile'])
    expect(world.server.watched[1]).not.toContain(`resourceVersion=${version}&`)
    expect(world.metrics.value('recado_operator_watch_restarts_total', { kind: 'Pod' })).toBe(0)
  })

  it('asks for bookmarks, and for an end after five to ten minutes', async () => {
    await world.start()
    const query = new URLSearchParams(world.server.watched[0]?.split('?')[1])

    expect(query.get('allowWatchBookmarks')).toBe('true')
    expect(Number(query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300)
    expect(Number(query.get('timeoutSeconds'))).toBeLessThanOrEqual(600)
  })

  it('waits longer each time when watches end as soon as they begin', async () => {
    world.server.intercept = ({ method }) => (method === 'WATCH' ? { status: 200, body: '' } : undefined)
    await world.start(60_000)

    expect(world.lists).toBe(1)
    expect(world.watches).toBeLessThan(25)
  })

  it('does not die of a handler that throws, and tells the next change', async () => {
    await world.start()
    world.onChange = () => {
      throw new Error('Out of order')
    }
    world.server.put(`${PODS}/a`, {})
    world.onChange = (change) => void world.changes.push(change)
    world.server.put(`${PODS}/b`, {})

    expect(world.changes.map(({ object }) => object.metadata.name)).toEqual(['b'])
  })
})

describe('a reflector whose watch fails', () => {
  const failures: [string, (server: FakeApiServer) => void][] = [
    ['the connection is reset', (server) => server.end(new Error('ECONNRESET'))],
    [
      'the version is too old',
      (server) => server.say({ type: 'ERROR', object: { code: 410, reason: 'Expired' } }),
    ],
    ['the server says an error', (server) => server.say({ type: 'ERROR', object: { code: 500 } })],
    ['the server refuses it', (server) => server.end(refused(429, 'TooManyRequests', 'Slow down'))],
    ['a line is no event', (server) => server.say(['?'])],
    ['an event is of nothing', (server) => server.say({ type: 'ADDED', object: null })],
  ]

  it.each(failures)('because %s lists again and watches on', async (_, fail) => {
    world.server.put(`${PODS}/a`, {})
    world.server.put(`${PODS}/b`, {})
    await world.start()
    await world.pass(20_000)
    fail(world.server)
    expect(world.reflector.failure).toBeDefined()
    world.server.remove(`${PODS}/a`)
    world.server.put(`${PODS}/c`, {})
    await world.pass(2000)

    expect(world).toMatchObject({ lists: 2, watches: 2 })
    expect(world.server.watches).toHaveLength(1)
    expect(world.names()).toEqual(['b', 'c'])
    expect(world.changes.at(-2)).toMatchObject({ isGone: true, object: { metadata: { name: 'a' } } })
    expect(world.reflector.failure).toBeUndefined()
    expect(world.metrics.value('recado_operator_watch_restarts_total', { kind: 'Pod' })).toBe(1)
    world.server.put(`${PODS}/d`, {})
    expect(world.names()).toEqual(['b', 'c', 'd'])
  })

  it('does not tell again what did not change meanwhile', async () => {
    world.server.put(`${PODS}/a`, {})
    await world.start()
    world.server.end(new Error('ECONNRESET'))
    await world.pass(3000)

    expect(world.changes).toHaveLength(1)
    expect(world.lists).toBe(2)
  })

  it('lists again when a list is so old that its next page is gone', async () => {
    for (let i = 0; i < 300; i++) world.server.put(`${PODS}/p${i}`, {})
    let isExpired = false
    world.server.intercept = ({ path }) => {
      if (isExpired || !path.includes('continue=')) return undefined
      isExpired = true
      return refused(410, 'Expired', 'The provided continue parameter is too old')
    }
    await world.start(2000)

    expect(isExpired).toBe(true)
    expect(world.names()).toHaveLength(300)
  })

  it('begins again when nothing is heard for longer than bookmarks take', async () => {
    await world.start()
    await world.pass(100_000)
    world.server.bookmark()
    await world.pass(100_000)
    expect(world).toMatchObject({ lists: 1, watches: 1 })
    await world.pass(40_000)

    expect(world).toMatchObject({ lists: 2, watches: 2 })
    expect(world.server.watches).toHaveLength(1)
  })

  it('begins again when a watch does not open', async () => {
    world.server.intercept = ({ method }) => (method === 'WATCH' ? 'silence' : undefined)
    await world.start()
    world.server.intercept = () => undefined
    await world.pass(35_000)

    expect(world).toMatchObject({ lists: 2, watches: 2 })
    expect(world.reflector.isSynced).toBe(true)
  })

  it('leaves the API server alone for as long as that asks', async () => {
    await world.start()
    world.server.end({ status: 429, body: '', retryAfterMs: 20_000 })
    await world.pass(19_000)
    expect(world.lists).toBe(1)
    await world.pass(2000)

    expect(world.lists).toBe(2)
  })

  it.each([403, 404, 410, 429, 500, 503])(
    'with %i again and again asks at most every few seconds',
    async (status) => {
      world.server.intercept = () => refused(status, 'Unknown', 'No')
      await world.start(60_000)

      expect(world.server.requests.length).toBeGreaterThan(10)
      expect(world.server.requests.length).toBeLessThan(30)
      expect(world.reflector).toMatchObject({ isSynced: false, failure: { status } })
    },
  )

  it('while the API server is away only asks whether it is there, and goes on within seconds of its return', async () => {
    await world.start()
    world.server.intercept = () => new Error('ECONNREFUSED')
    world.server.end(new Error('ECONNRESET'))
    await world.pass(60_000)
    expect(world).toMatchObject({ lists: 1, watches: 1 })
    expect(world.server.requests.length).toBeLessThan(60)
    world.server.intercept = () => undefined
    world.server.put(`${PODS}/a`, {})
    await world.pass(3000)

    expect(world.names()).toEqual(['a'])
    expect(world).toMatchObject({ lists: 2, watches: 2 })
  })

  it('waits for a short time only when it had worked before, however often that was', async () => {
    await world.start()
    for (let i = 0; i < 8; i++) {
      await world.pass(20_000)
      world.server.end(refused(500, 'InternalError', 'Out of order'))
      await world.pass(600)
      expect(world.watches).toBe(i + 2)
    }
  })

  it('says once that it fails, and once that it works again', async () => {
    await world.start()
    expect(world.states).toBe(1)
    world.server.intercept = () => refused(500, 'InternalError', 'Out of order')
    world.server.end(new Error('ECONNRESET'))
    await world.pass(20_000)
    expect(world.states).toBe(2)
    expect(world.reflector.failingMs).toBeGreaterThan(19_000)
    world.server.intercept = () => undefined
    await world.pass(6000)

    expect(world.states).toBe(3)
    expect(world.reflector.failingMs).toBe(0)
  })
})

describe('a reflector that is stopped', () => {
  it.each([
    ['while it watches', () => undefined, 1],
    ['while it lists', ({ path }: { path: string }) => (path.includes('limit') ? 'silence' : undefined), 0],
    ['while it waits', () => refused(500, 'InternalError', 'No'), 0],
    ['while the API server is away', () => new Error('ECONNREFUSED'), 0],
  ] as const)('%s asks nothing more', async (_, intercept, watches) => {
    world.server.intercept = intercept
    await world.start()
    world.reflector.stop()
    const asked = world.lists
    world.server.intercept = () => undefined
    await world.pass(60_000)

    expect(world).toMatchObject({ lists: asked, watches })
    expect(world.server.watches).toEqual([])
  })

  it('takes no notice of a list that was under way', async () => {
    world.server.put(`${PODS}/a`, {})
    world.server.delayMs = 1000
    await world.start(500)
    world.reflector.stop()
    await world.pass(5000)

    expect(world.names()).toEqual([])
    expect(world.watches).toBe(0)
  })

  it('forgets what it told when asked to', async () => {
    world.server.put(`${PODS}/a`, {})
    await world.start()
    world.reflector.stop({ forget: true })

    expect(world.names()).toEqual([])
    expect(world.changes.at(-1)).toMatchObject({ isGone: true })
  })
})
