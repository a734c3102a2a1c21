import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Cancel, KubeRequest, KubeResponse, KubeTransport, StreamHandlers } from '../../ports/index.ts'
import type { ApiServer } from './access.ts'
import { Connections } from './connections.ts'
import { readLines } from './lines.ts'

const ANSWER_BYTES_MAX = 64 * 1024 * 1024
/** A connection whose other end is gone without a word is found out within half a minute, by the kernel. */
const PROBE_AFTER_MS = 15_000

export interface OpenKubeTransport extends KubeTransport {
  close(): void
}

interface Sending {
  readonly method: KubeRequest['method']
  readonly path: string
  readonly body: string | undefined
  readonly contentType: string
}

export function createTransport(server: ApiServer): OpenKubeTransport {
  const connections = new Connections(server)
  const open: Open = async (sending, signal) =>
    send(server.url, await unlessAborted(connections.access(), signal), sending)
  const refused = ({ statusCode }: IncomingMessage): void => {
    if (statusCode === 401) connections.refused()
  }
  return {
    request: (request) => exchange(request, open, refused),
    stream: (path, handlers) => stream(path, handlers, open, refused),
    close: () => connections.close(),
  }
}

/** Sends once the credentials are there; never when they come after the signal. */
type Open = (sending: Sending, signal?: AbortSignal) => Promise<ClientRequest>

/** What is waited for, or a rejection as soon as the signal comes: a program that gives credentials may hang. */
function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function send(url: URL, access: Awaited<ReturnType<Connections['access']>>, sending: Sending): ClientRequest {
  const { method, path, body, contentType } = sending
  const headers = {
    ...access.headers,
    accept: 'application/json',
    'user-agent': 'recado-operator',
    ...(body !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
  }
  const start = url.protocol === 'http:' ? httpRequest : httpsRequest
  const target = new URL(url.pathname.replace(/\/$/, '') + path, url)
  const request = start(target, { method, headers, agent: access.agent })
  request.on('socket', (socket) => socket.setKeepAlive(true, PROBE_AFTER_MS))
  request.end(body)
  return request
}

async function exchange(
  { method, path, body, contentType = 'application/json', deadlineMs }: KubeRequest,
  open: Open,
  refused: (response: IncomingMessage) => void,
): Promise<KubeResponse> {
  const sending = { method, path, body: body === undefined ? undefined : JSON.stringify(body), contentType }
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    return await once(sending, open, refused, signal)
  } catch (error) {
    // A kept connection may have ended while this was on its way: what only reads may ask again.
    if (method === 'GET' && error instanceof Stale) return once(sending, open, refused, signal)
    if (signal.aborted) throw new Error(`No answer within ${deadlineMs} ms`, { cause: error })
    throw error
  }
}

/** The kept connection that a request went out on was already ended by the server. */
class Stale extends Error {}

async function once(
  sending: Sending,
  open: Open,
  refused: (response: IncomingMessage) => void,
  signal: AbortSignal,
): Promise<KubeResponse> {
  const request = await open(sending, signal)
  return new Promise((resolve, reject) => {
    const abort = (): void => void request.destroy(new Error('The deadline passed'))
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    request.on('close', () => signal.removeEventListener('abort', abort))
    request.on('error', (error) => {
      reject(request.reusedSocket && !signal.aborted ? new Stale(error.message, { cause: error }) : error)
    })
    request.on('response', (response) => {
      refused(response)
      readWhole(response).then(resolve, reject)
    })
  })
}

async function readWhole(response: IncomingMessage): Promise<KubeResponse> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`An answer of more than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return {
    status: response.statusCode ?? 0,
    body: Buffer.concat(chunks).toString('utf8'),
    ...retryAfter(response),
  }
}

function stream(
  path: string,
  handlers: StreamHandlers,
  open: Open,
  refused: (response: IncomingMessage) => void,
): Cancel {
  let isOver = false
  let request: ClientRequest | undefined
  const end = (outcome: KubeResponse | Error): void => {
    if (isOver) return
    isOver = true
    request?.destroy()
    handlers.ended(outcome)
  }
  const line = (text: string): void => {
    if (!isOver) handlers.line(text)
  }
  const answered = (response: IncomingMessage): void => {
    refused(response)
    if (isOver) return
    if (response.statusCode !== 200) {
      readWhole(response).then(end, end)
      return
    }
    handlers.opened()
    readLines(response, line, (error) => end(error ?? { status: 200, body: '' }))
  }
  const begin = async (): Promise<void> => {
    request = await open({ method: 'GET', path, body: undefined, contentType: '' })
    request.on('error', end)
    request.on('response', answered)
    if (isOver) request.destroy()
  }
  begin().catch(end)
  return () => {
    isOver = true
    request?.destroy()
  }
}

function retryAfter({ headers }: IncomingMessage): { retryAfterMs?: number } {
  const header = headers['retry-after']
  if (header === undefined) return {}
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isFinite(seconds) ? { retryAfterMs: Math.max(0, seconds * 1000) } : {}
}
