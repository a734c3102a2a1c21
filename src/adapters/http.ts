import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { RecadoError } from '../wire/index.ts'
import { watchLoop } from './loop.ts'

export interface HealthServerOptions {
  readonly host: string
  readonly port: number
  /** Whether the role has started: `/startz`. */
  readonly started: () => boolean
  /** The checks of `/readyz`: true when fine, else a sentence that says what is missing. */
  readonly checks: ReadonlyMap<string, () => true | string>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
}

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

/** A loop whose turns are typically so late does not serve anyone any more. */
const LOOP_LAG_MS_MAX = 1000
const CONNECTIONS_MAX = 64
/** A request that is not whole by then is cut off. */
const UNFINISHED_MS = 2000
/** An answer that is not read by then is cut off. */
const CONNECTION_MS = 10_000

/**
 * Serves `/startz`, `/livez`, `/readyz` and `/metrics`.
 * @throws RecadoError `port_in_use`, `bad_option` when the host is not this machine's
 */
export async function openHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const lag = watchLoop()
  const requests = new WeakMap<Socket, IncomingMessage>()
  // Node looks for what takes too long again and again, whether anybody is connected or not: each has timers here instead.
  const server = createServer(
    { maxHeaderSize: 8192, requestTimeout: 0, headersTimeout: 0 },
    (request, response) => {
      requests.set(request.socket, request)
      answer(request, response, options, lag.lateMs).catch(() => response.destroy())
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  server.maxRequestsPerSocket = 1
  server.on('connection', (socket) => endInTime(socket, () => requests.get(socket)?.complete === true))
  await listen(server, options.host, options.port).catch((error: unknown) => {
    lag.stop()
    throw error
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      lag.stop()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Who sends no whole request, or reads no answer, would keep one of few connections for good. */
function endInTime(socket: Socket, isRequested: () => boolean): void {
  const timers = [
    setTimeout(() => {
      if (!isRequested()) socket.destroy()
    }, UNFINISHED_MS),
    setTimeout(() => socket.destroy(), CONNECTION_MS),
  ]
  socket.once('close', () => timers.forEach(clearTimeout))
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const listening = once(server, 'listening')
  server.listen(port, host === '*' ? '0.0.0.0' : host)
  try {
    await listening
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new RecadoError(
        'port_in_use',
        `Cannot serve HTTP at ${host}:${port}: the port is in use; set PORT_HTTP`,
        {
          cause: error,
        },
      )
    }
    throw new RecadoError(
      'bad_option',
      `Cannot serve HTTP at ${host}:${port}: ${(error as Error).message}; check BIND`,
      {
        cause: error,
      },
    )
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HealthServerOptions,
  lateMs: () => number,
): Promise<void> {
  // Nothing here takes a body: what comes with one is answered, and the connection then closed.
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    response.setHeader('connection', 'close')
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return reply(response, 405, 'method not allowed\n')
  }
  const [path, query = ''] = (request.url ?? '/').split('?', 2)
  if (path === '/startz') return start(response, options.started())
  if (path === '/livez') return live(response, lateMs())
  if (path === '/readyz') return ready(response, options.checks, new URLSearchParams(query).has('verbose'))
  if (path === '/metrics') {
    response.setHeader('content-type', options.metrics.contentType)
    return reply(response, 200, await options.metrics.text())
  }
  reply(response, 404, 'not found: try /startz, /livez, /readyz?verbose or /metrics\n')
}

function start(response: ServerResponse, started: boolean): void {
  if (started) reply(response, 200, 'ok\n')
  else reply(response, 503, 'the process is starting\n')
}

function live(response: ServerResponse, lateMs: number): void {
  if (lateMs <= LOOP_LAG_MS_MAX) reply(response, 200, 'ok\n')
  else reply(response, 503, `the event loop is typically ${Math.round(lateMs)} ms late\n`)
}

function ready(response: ServerResponse, checks: HealthServerOptions['checks'], verbose: boolean): void {
  const results = [...checks].map(([name, check]): [string, true | string] => [name, check()])
  const isReady = results.every(([, result]) => result === true)
  const shown = verbose ? results : results.filter(([, result]) => result !== true)
  const lines = shown.map(([name, result]) =>
    result === true ? `[+] ${name}: ok` : `[-] ${name}: ${result}`,
  )
  reply(response, isReady ? 200 : 503, [...lines, isReady ? 'ok' : 'not ready', ''].join('\n'))
}

function reply(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.writeHead(status, { 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
