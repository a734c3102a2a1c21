import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type HealthServer, openHealthServer } from '../../src/adapters/http.ts'
import { systemTimers } from '../../src/adapters/time.ts'
import { until } from '../support/load.ts'

/** More than a socket holds for who does not read. */
const LONG = 'a 1\n'.repeat(50_000)
let metricsText = 'a 1\n'
const metrics = { contentType: 'text/plain', text: () => Promise.resolve(metricsText) }

describe('the health server', () => {
  const checks = new Map<string, () => true | string>()
  let server: HealthServer
  let isStarted = true
  const started = () => isStarted

  beforeEach(async () => {
    checks.clear()
    isStarted = true
    metricsText = 'a 1\n'
    checks.set('disk', () => true)
    server = await openHealthServer({ host: '127.0.0.1', port: 0, started, checks, metrics })
  })
  afterEach(() => server.close())

  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init)
    return { status: response.status, text: await response.text() }
  }

  it('answers /livez, /readyz and /metrics with 200 when all is well', async () => {
    expect(await get('/livez')).toEqual({ status: 200, text: 'ok\n' })
    expect(await get('/readyz')).toEqual({ status: 200, text: 'ok\n' })
    expect(await get('/metrics')).toEqual({ status: 200, text: 'a 1\n' })
  })

  it.each([
    ['that they never end', 'GET /livez HTTP/1.1\r\n'],
    ['whose answers they never read', 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200)],
    [
      'for another protocol',
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
    ],
    ['for a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['with a body that never comes', 'POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nabc'],
    [
      'with a chunk that never comes',
      'GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
    ],
    ['that are none', ''],
  ])(
    'serves others soon when strangers hold all its connections with requests %s',
    async (_, request) => {
      metricsText = LONG
      const strangers = Array.from({ length: 100 }, () => {
        const socket = connect({ port: server.port, host: '127.0.0.1' })
        socket.pause()
        socket.on('error', () => {})
        socket.write(request)
        return socket
      })
      await Promise.all(strangers.map((socket) => once(socket, 'connect')))

      // Each gives its place up at a time of its own: whoever comes once the first has may still find none.
      let answer: Awaited<ReturnType<typeof get>> | undefined
      await until(15_000, async () => {
        answer = await get('/livez').catch(() => undefined)
        return answer !== undefined
      })
      expect(answer).toEqual({ status: 200, text: 'ok\n' })
      for (const socket of strangers) socket.destroy()
    },
    30_000,
  )

  it('answers /startz with 503 until the role has started, and 200 then whether it is ready or not', async () => {
    isStarted = false
    expect(await get('/startz')).toEqual({ status: 503, text: 'the process is starting\n' })
    isStarted = true
    checks.set('peers', () => 'No majority is heard')

    expect(await get('/startz')).toEqual({ status: 200, text: 'ok\n' })
  })

  it('answers /readyz with 503 and what is missing when a check fails', async () => {
    checks.set('peers', () => 'No majority is heard')

    expect(await get('/readyz')).toEqual({
      status: 503,
      text: '[-] peers: No majority is heard\nnot ready\n',
    })
  })

  it('lists every check when /readyz is asked to be verbose', async () => {
    expect((await get('/readyz?verbose')).text).toBe('[+] disk: ok\nok\n')
  })

  it('refuses other paths and methods', async () => {
    expect((await get('/')).status).toBe(404)
    expect((await get('/livez', { method: 'POST', body: 'x' })).status).toBe(405)
  })

  it('refuses a port in use with port_in_use, and leaves no timer behind', async () => {
    const every = systemTimers.every.bind(systemTimers)
    let timers = 0
    vi.spyOn(systemTimers, 'every').mockImplementation((ms, callback) => {
      timers++
      const cancel = every(ms, callback)
      return () => {
        timers--
        cancel()
      }
    })
    await expect(
      openHealthServer({ host: '127.0.0.1', port: server.port, started, checks, metrics }),
    ).rejects.toMatchObject({ code: 'port_in_use' })
    vi.restoreAllMocks()
    expect(timers).toBe(0)
  })
})
