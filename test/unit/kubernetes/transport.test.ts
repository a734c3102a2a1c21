import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Credentials,
  createTransport,
  type OpenKubeTransport,
} from '../../../src/adapters/kubernetes/index.ts'
import type { KubeResponse } from '../../../src/ports/index.ts'
import { TestHttpServer } from '../../support/http-server.ts'

let server: TestHttpServer
let transport: OpenKubeTransport
let credentials: Credentials
let looks: number

beforeEach(async () => {
  server = await new TestHttpServer().open()
  credentials = { headers: { authorization: 'Bearer one' }, tls: {} }
  looks = 0
  transport = createTransport({
    url: server.url,
    async credentials() {
      looks++
      return credentials
    },
  })
})

afterEach(async () => {
  transport.close()
  await server.close()
})

const get = (path = '/api/v1/pods') => transport.request({ method: 'GET', path, deadlineMs: 5000 })

describe('a request', () => {
  it('sends its body as it is: no field is renamed or dropped', async () => {
    const body = { spec: { ingress: [{ from: [], enum: 1, 'x-kubernetes-anything': null }] } }

    await transport.request({ method: 'PATCH', path: '/a?b=c', body, contentType: 'x/y', deadlineMs: 5000 })

    expect(server.received).toMatchObject([{ method: 'PATCH', url: '/a?b=c', body: JSON.stringify(body) }])
    expect(server.received[0]?.headers).toMatchObject({ 'content-type': 'x/y', authorization: 'Bearer one' })
  })

  it('goes out on the connection that the former one used', async () => {
    for (let i = 0; i < 10; i++) await get()

    expect(server.received).toHaveLength(10)
    expect(server.connections).toBe(1)
  })

  it('keeps the path of an API server that stands below one', async () => {
    const url = new URL('/clusters/one', server.url)
    const below = createTransport({ url, credentials: async () => credentials })

    await below.request({ method: 'GET', path: '/api/v1/pods?limit=1', deadlineMs: 5000 })
    below.close()

    expect(server.received[0]?.url).toBe('/clusters/one/api/v1/pods?limit=1')
  })

  it('gives back refusals, and how long the server wants to be left alone', async () => {
    server.answer = (_, response) => void response.writeHead(429, { 'retry-after': '7' }).end('Too many')

    expect(await get()).toEqual({ status: 429, body: 'Too many', retryAfterMs: 7000 })
  })

  it('fails when there is no answer by its deadline', async () => {
    server.answer = () => {}

    await expect(transport.request({ method: 'GET', path: '/', deadlineMs: 50 })).rejects.toThrow(
      'within 50 ms',
    )
  })

  it('fails by its deadline too when the credentials do not come, and is not sent when they do later', async () => {
    let give: (credentials: Credentials) => void = () => {}
    const slow = createTransport({
      url: server.url,
      credentials: () => new Promise<Credentials>((resolve) => (give = resolve)),
    })

    await expect(slow.request({ method: 'POST', path: '/', deadlineMs: 50 })).rejects.toThrow('within 50 ms')
    give(credentials)
    await slow.request({ method: 'GET', path: '/later', deadlineMs: 5000 })
    slow.close()

    expect(server.received.map(({ url }) => url)).toEqual(['/later'])
  })

  it('fails when the answer breaks off', async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{', () => response.destroy())
    }

    await expect(get()).rejects.toThrow('aborted')
  })

  it('reads again when its kept connection had ended, and writes nothing twice', async () => {
    let ends = 0
    const endOnce = (): void => {
      ends = 1
      server.answer = (_, response) => {
        if (ends-- > 0) response.destroy()
        else response.end('{}')
      }
    }
    await get()
    endOnce()
    expect((await get()).status).toBe(200)

    endOnce()
    await expect(
      transport.request({ method: 'POST', path: '/', body: {}, deadlineMs: 5000 }),
    ).rejects.toThrow('socket hang up')
    expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('looks at the credentials again once they were refused', async () => {
    await get()
    await get()
    expect(looks).toBe(1)
    server.answer = (_, response) => void response.writeHead(401).end()
    await get()
    credentials = { headers: { authorization: 'Bearer two' }, tls: {} }
    await get()

    expect(looks).toBe(2)
    expect(server.received.at(-1)?.headers.authorization).toBe('Bearer two')
  })

  it('makes a new connection when the certificates changed, and lets streams on the old one go on', async () => {
    const stream = listen()
    server.answer = (_, response) => void response.write('one\n')
    await stream.until(({ lines }) => lines.length === 1)
    server.answer = (_, response) => void response.writeHead(401).end()
    await get()
    credentials = { ...credentials, tls: { ca: 'another' } }
    server.answer = (_, response) => void response.end('{}')
    await get()

    expect(server.connections).toBe(3)
    expect(stream.ends).toEqual([])
  })

  it('fails when the credentials cannot be read, and looks again at the next', async () => {
    const failing = createTransport({
      url: server.url,
      credentials: () => Promise.reject(new Error('No file')),
    })

    await expect(failing.request({ method: 'GET', path: '/', deadlineMs: 5000 })).rejects.toThrow('No file')
    const stream = listen(failing)
    await stream.until(({ ends }) => ends.length === 1)
    expect(stream.ends).toEqual([new Error('No file')])
  })
})

describe('a stream', () => {
  it('gives whole lines, however they are cut, and then its end', async () => {
    const text = Buffer.from('{"a":"é"}\n\n{"b":1}\nhalf')
    server.answer = (_, response) => {
      for (const byte of text) response.write(Buffer.from([byte]))
      response.end()
    }
    const stream = listen()
    await stream.until(({ ends }) => ends.length === 1)

    expect(stream).toMatchObject({ opens: 1, lines: ['{"a":"é"}', '{"b":1}'], ends: [{ status: 200 }] })
  })

  it('ends with the refusal when it is refused', async () => {
    server.answer = (_, response) => void response.writeHead(410, { 'retry-after': '1' }).end('Gone')
    const stream = listen()
    await stream.until(({ ends }) => ends.length === 1)

    expect(stream).toMatchObject({ opens: 0, ends: [{ status: 410, body: 'Gone', retryAfterMs: 1000 }] })
  })

  it('ends with an error when the connection is cut', async () => {
    server.answer = (_, response) => void response.write('one\n')
    const stream = listen()
    await stream.until(({ lines }) => lines.length === 1)
    server.cut()
    await stream.until(({ ends }) => ends.length === 1)

    expect(stream.ends[0]).toBeInstanceOf(Error)
  })

  it('says nothing any more once it is cancelled, and its connection ends', async () => {
    const closed = new Promise<void>((resolve) => {
      server.answer = (_, response) => {
        response.on('close', () => resolve())
        response.write('one\n')
      }
    })
    const stream = listen()
    await stream.until(({ lines }) => lines.length === 1)
    stream.cancel()
    await closed

    expect(stream).toMatchObject({ lines: ['one'], ends: [] })
  })

  it('that is cancelled before it began never begins', async () => {
    const stream = listen()
    stream.cancel()
    await get()
    await get()

    expect(stream).toMatchObject({ opens: 0, lines: [], ends: [] })
  })
})

function listen(over: OpenKubeTransport = transport) {
  const waiting: { is: () => boolean; go: () => void }[] = []
  const look = (): void => {
    for (const { is, go } of waiting) if (is()) go()
  }
  const seen = {
    opens: 0,
    lines: [] as string[],
    ends: [] as (KubeResponse | Error)[],
    cancel: () => {},
    until(is: (stream: { lines: string[]; ends: unknown[] }) => boolean): Promise<void> {
      return new Promise((go) => {
        waiting.push({ is: () => is(seen), go })
        look()
      })
    },
  }
  seen.cancel = over.stream('/watch', {
    opened: () => void seen.opens++,
    line(text) {
      seen.lines.push(text)
      look()
    },
    ended(end) {
      seen.ends.push(end)
      look()
    },
  })
  return seen
}
