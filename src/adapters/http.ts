import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { RecadoError } from '../wire/index.ts'

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
/** Between two looks at the loop: each wakes an idle process. */
const LOOP_SAMPLE_MS = 250
const LOOP_WINDOW_MS = 10_000
const CONNECTIONS_MAX = 64
/** A request that is not whole by then is cut off. */
const UNFINISHED_MS = 2000
const UNFINISHED_CHECK_MS = 500
/** An answer that is not read by then is cut off. */
const CONNECTION_MS = 10_000

/**
 * Serves `/startz`, `/livez`, `/readyz` and `/metrics`.
 * @throws RecadoError `port_in_use`, `bad_option` when the host is not this machine's
 */
export async function openHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const lag = watchLoop()
  const server = createServer(
    {
      maxHeaderSize: 8192,
      requestTimeout: UNFINISHED_MS,
      headersTimeout: UNFINISHED_MS,
      // By default it is looked every 30 s: so long a stranger could keep all connections by saying nothing.
      connectionsCheckingInterval: UNFINISHED_CHECK_MS,
    },
    (request, response) => {
      answer(request, response, options, lag.lateMs).catch(() => response.destroy())
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  server.maxRequestsPerSocket = 1
  server.on('connection', endInTime)
  await listen(server, options.host, options.port)
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

/** Node bounds the time of a request but not of its answer: who reads none would keep one of few connections for good. */
function endInTime(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), CONNECTION_MS)
  socket.once('close', () => clearTimeout(timer))
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

/** How late the loop's turns typically were within the last window, in ms. */
function watchLoop(): { lateMs: () => number; stop: () => void } {
  const delays = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS })
  delays.enable()
  const timer = setInterval(() => delays.reset(), LOOP_WINDOW_MS)
  timer.unref()
  return {
    lateMs: () => (delays.count === 0 ? 0 : Math.max(0, delays.percentile(50) / 1e6 - LOOP_SAMPLE_MS)),
    stop() {
      clearInterval(timer)
      delays.disable()
    },
  }
}
