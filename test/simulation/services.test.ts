import { describe, expect, it } from 'vitest'
import {
  channelTopic,
  encode,
  parsePublications,
  parseReplies,
  type Reply,
  userTopic,
} from '../../src/wire/index.ts'
import { Cluster } from './cluster.ts'
import { SimulatedProcess } from './process.ts'
import type { SimulatedProxy } from './services.ts'

function proxyOf(cluster: Cluster): SimulatedProcess {
  return (cluster.proxies[0] as SimulatedProxy).process
}

/** A ready cluster and one connection to its broker. */
function setUp(seed = 1) {
  const cluster = new Cluster(seed)
  cluster.start()
  expect(cluster.runUntil(() => cluster.servers.every((server) => server.ready), 10_000)).toBe(true)
  const client = new SimulatedProcess(cluster.world, 'client')
  const dealer = cluster.connect(client)
  const bodies: (readonly Reply[])[] = []
  dealer.receive((frames) => bodies.push(parseReplies(frames.at(-1) as Uint8Array)))
  let count = 0
  const request = (service: string, data: object, id?: string): object => {
    count++
    return { service, id: id ?? `id-${count}`, clock: count, timestamp: 1, data }
  }
  const send = (body: unknown): readonly Reply[] => {
    const before = bodies.length
    dealer.send([new Uint8Array(), encode(body)])
    expect(cluster.runUntil(() => bodies.length > before, 15_000)).toBe(true)
    return bodies.at(-1) as readonly Reply[]
  }
  const ask = (service: string, data: object = {}, id?: string): Record<string, unknown> =>
    send(request(service, data, id))[0]?.data as Record<string, unknown>
  const welcome = (): void => {
    for (const user of ['ana', 'bia']) expect(ask('login', { user })).toEqual({ status: 'ok' })
    expect(ask('channel', { user: 'ana', channel: 'news' })).toEqual({ status: 'ok' })
  }
  return { cluster, client, ask, send, request, welcome }
}

describe('The services', () => {
  it('log users in, create channels, and name them sorted; the same again is ok', () => {
    const { ask, welcome } = setUp()
    welcome()
    welcome()
    expect(ask('users')).toEqual({ status: 'ok', users: ['ana', 'bia'] })
    expect(ask('channels')).toEqual({ status: 'ok', channels: ['news'] })
  })

  it.each([
    ['unknown_service', 'nonsense', {}],
    ['bad_request', 'login', {}],
    ['bad_request', 'login', { user: 'no spaces' }],
    ['not_logged_in', 'channel', { user: 'zoe', channel: 'x' }],
    ['not_logged_in', 'publish', { user: 'zoe', channel: 'news', message: 'x' }],
    ['unknown_channel', 'publish', { user: 'ana', channel: 'nowhere', message: 'x' }],
    ['unknown_user', 'message', { user: 'ana', to: 'zoe', message: 'x' }],
    ['bad_request', 'publish', { user: 'ana', channel: 'news', message: 7 }],
    ['bad_request', 'publish', { user: 'ana', channel: 'news', message: 'x', acks: 'most' }],
    ['too_large', 'publish', { user: 'ana', channel: 'news', message: 'x'.repeat(262_145) }],
    ['unknown_channel', 'history', { channel: 'nowhere' }],
    ['unknown_user', 'history', { user: 'zoe' }],
    ['bad_request', 'history', {}],
    ['bad_request', 'history', { channel: 'news', limit: 1001 }],
    ['bad_request', 'history', { channel: 'news', after: 'junk!' }],
    ['bad_request', 'history', { channel: 'news', seen: 7 }],
  ])('answer %s to %s %j', (code, service, data) => {
    const { ask, welcome } = setUp()
    welcome()
    const reply = ask(service, data)
    expect(reply).toMatchObject({ status: 'error', code })
    expect(reply['message']).toMatch(/^[A-Z].*[^.]$/s)
  })

  it('refuse a clock that is absurdly far ahead', () => {
    const { send, request } = setUp()
    const body = { ...request('users', {}), clock: 2 ** 52 }
    expect(send(body)[0]?.data).toMatchObject({ code: 'bad_request' })
  })

  it('answer a batch by an array in the same order, each request for itself', () => {
    const { send, request, welcome } = setUp()
    welcome()
    const replies = send([
      request('publish', { user: 'ana', channel: 'news', message: 'one' }, 'a'),
      request('publish', { user: 'ana', channel: 'nowhere', message: 'two' }, 'b'),
      request('users', {}, 'c'),
    ])
    expect(replies.map(({ id, data }) => [id, data.status])).toEqual([
      ['a', 'ok'],
      ['b', 'error'],
      ['c', 'ok'],
    ])
  })

  it('log in, create and publish within one batch', () => {
    const { send, request } = setUp()
    const replies = send([
      request('login', { user: 'ana' }),
      request('channel', { user: 'ana', channel: 'news' }),
      request('publish', { user: 'ana', channel: 'news', message: 'one' }),
    ])
    expect(replies.map(({ data }) => data.status)).toEqual(['ok', 'ok', 'ok'])
  })

  it('count a message once, at whichever server its retry arrives, and over restarts', () => {
    const { cluster, ask, welcome } = setUp()
    welcome()
    const publish = { user: 'ana', channel: 'news', message: 'once' }
    const first = ask('publish', publish, 'x')
    expect(ask('publish', publish, 'x')).toEqual(first)
    for (const server of cluster.servers) {
      server.crash()
      expect(ask('publish', publish, 'x')).toEqual(first)
      server.start()
      expect(cluster.runUntil(() => server.ready, 15_000)).toBe(true)
    }
    expect((ask('history', { channel: 'news' })['messages'] as unknown[]).length).toBe(1)
  })

  it('refuse a known id with other content', () => {
    const { ask, welcome } = setUp()
    welcome()
    ask('publish', { user: 'ana', channel: 'news', message: 'one' }, 'x')
    expect(ask('publish', { user: 'ana', channel: 'news', message: 'two' }, 'x')).toMatchObject({
      code: 'bad_request',
    })
  })

  it('deliver a direct message to its receiver, and show it in the history of both and no other', () => {
    const { cluster, client, ask, welcome } = setUp()
    welcome()
    ask('login', { user: 'caio' })
    const heard: unknown[] = []
    cluster.sockets.subscribe(client, proxyOf(cluster), [userTopic('bia')], (_topic, body) => {
      heard.push(...parsePublications(body).map(({ message }) => message))
    })
    expect(ask('message', { user: 'ana', to: 'bia', message: Uint8Array.of(1, 2) })).toMatchObject({
      status: 'ok',
    })
    cluster.world.run(100)
    expect(heard.map((each) => [...(each as Uint8Array)])).toEqual([[1, 2]])
    const messages = (user: string): number => (ask('history', { user })['messages'] as unknown[]).length
    expect([messages('ana'), messages('bia'), messages('caio')]).toEqual([1, 1, 0])
  })

  it('page through history by cursors, at whatever server', () => {
    const { ask, welcome } = setUp()
    welcome()
    for (let i = 0; i < 25; i++) ask('publish', { user: 'ana', channel: 'news', message: `${i}` })
    const read: string[] = []
    let after: unknown
    for (let more: unknown = true; more === true; ) {
      const page = ask('history', { channel: 'news', limit: 10, ...(after === undefined ? {} : { after }) })
      read.push(...(page['messages'] as { message: string }[]).map(({ message }) => message))
      after = page['next']
      more = page['more']
    }
    expect(read).toEqual(Array.from({ length: 25 }, (_, i) => `${i}`))
  })

  it('give the place of now, behind which only what comes later is', () => {
    const { ask, welcome } = setUp()
    welcome()
    ask('publish', { user: 'ana', channel: 'news', message: 'before' })
    const now = ask('history', { channel: 'news', after: 'now' })
    expect(now).toMatchObject({ messages: [], more: false })
    expect(Object.values(now['passed'] as object).reduce((sum, seq) => sum + seq, 0)).toBe(4)
    ask('publish', { user: 'ana', channel: 'news', message: 'later' })
    const { messages } = ask('history', { channel: 'news', after: now['next'] })
    expect((messages as { message: string }[]).map(({ message }) => message)).toEqual(['later'])
  })

  it('let a reader see its own write at any server, or say in time that it cannot', () => {
    const { ask, welcome } = setUp()
    welcome()
    const { operation } = ask('publish', { user: 'ana', channel: 'news', message: 'mine' }) as {
      operation: { origin: string; incarnation: number; seq: number }
    }
    const stream = `${operation.origin}/${operation.incarnation}`
    const seen = { [stream]: operation.seq }
    expect((ask('history', { channel: 'news', seen })['messages'] as unknown[]).length).toBe(1)
    expect(ask('history', { channel: 'news', seen: { [stream]: operation.seq + 5 } })).toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
  })

  it('acknowledge at the level that is asked for: all only while every voter is up', () => {
    const { cluster, ask, welcome } = setUp()
    welcome()
    const publish = (acks: string): unknown =>
      ask('publish', { user: 'ana', channel: 'news', message: acks, acks })['status']
    expect(['one', 'quorum', 'all'].map(publish)).toEqual(['ok', 'ok', 'ok'])
    cluster.servers[2]?.crash()
    cluster.world.run(4000)
    expect(['one', 'quorum', 'all'].map(publish)).toEqual(['ok', 'ok', 'error'])
  })

  it('answer unavailable, and publish nothing, while no majority is up', () => {
    const { cluster, client, ask, welcome } = setUp()
    welcome()
    const heard: unknown[] = []
    cluster.sockets.subscribe(client, proxyOf(cluster), [channelTopic('news')], (_topic, body) =>
      heard.push(body),
    )
    cluster.servers[1]?.crash()
    cluster.servers[2]?.crash()
    cluster.world.run(3000)
    expect(ask('publish', { user: 'ana', channel: 'news', message: 'x' }, 'x')).toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    expect(heard).toEqual([])
    expect(cluster.servers[0]?.server?.unready).toMatch(/^No majority/)
    cluster.servers[1]?.start()
    expect(cluster.runUntil(() => cluster.servers[1]?.ready === true, 15_000)).toBe(true)
    expect(ask('publish', { user: 'ana', channel: 'news', message: 'x' }, 'x')).toMatchObject({
      status: 'ok',
    })
    cluster.world.run(1000)
    expect(heard).toHaveLength(1)
  })

  it('show in status who is who, and what is held', () => {
    const { ask, welcome } = setUp()
    welcome()
    const status = ask('status')
    expect(status).toMatchObject({
      status: 'ok',
      state: 'up',
      ready: true,
      epoch: 1,
      durable: 3,
      committed: 3,
    })
    expect(status['members']).toHaveLength(2)
  })
})

describe('A client that says many things at once and goes', () => {
  it('loses what its broker still gathered, and is told once of each when it asks again', async () => {
    const { cluster, client, ask, request, welcome } = setUp()
    welcome()
    const { world, witness } = cluster
    const ids = Array.from({ length: 40 }, (_, number) => `many-${number}`)
    const publication = (id: string): object =>
      request('publish', { user: 'ana', channel: 'news', message: id }, id)
    const many = cluster.connect(client)
    const before = witness.operations.size
    expect(ask('users')).toMatchObject({ status: 'ok' })
    for (const id of ids) many.send([new Uint8Array(), encode(publication(id))])
    world.run(2)
    await many.close()
    world.run(500)
    const taken = witness.operations.size - before

    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(ids.length)
    for (const id of ids)
      expect(ask('publish', { user: 'ana', channel: 'news', message: id }, id)).toMatchObject({
        status: 'ok',
      })
    expect(witness.operations.size - before).toBe(ids.length)
  })
})
