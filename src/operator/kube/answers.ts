import { KubeError, type KubeObject, type KubeResponse } from '../../ports/index.ts'

/** A refusal in the API server's own form, `Status`; all of it is optional. */
interface Status {
  readonly reason?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly details?: {
    readonly retryAfterSeconds?: unknown
    readonly causes?: readonly { readonly reason?: unknown }[]
  }
}

/** What a plain-text refusal is cut to: some proxies answer with a page. */
const MESSAGE_CHARACTERS = 300

/** @throws KubeError when the server refused, or what it sent is not an object */
export function parseAnswer(response: KubeResponse): KubeObject {
  if (response.status < 200 || response.status > 299) throw refusal(response)
  const object = parsed(response.body)
  if (object === undefined) {
    throw new KubeError(0, 'Malformed', 'The API server answered with something that is not a JSON object')
  }
  return object as unknown as KubeObject
}

export function refusal({ status, body, retryAfterMs }: KubeResponse): KubeError {
  const said = parsed(body) as Status | undefined
  // Not everything that answers is the API server: a proxy, or its own filters, send plain text.
  const message = text(said?.message) ?? (body.trim().slice(0, MESSAGE_CHARACTERS) || `HTTP ${status}`)
  return new KubeError(status, text(said?.reason) ?? 'Unknown', message, retryOf(said, retryAfterMs))
}

/** The refusal that a watch sends as its last line. */
export function statusError(object: unknown): KubeError {
  const said = object as Status | undefined
  const status = typeof said?.code === 'number' ? said.code : 0
  return new KubeError(
    status,
    text(said?.reason) ?? 'Unknown',
    text(said?.message) ?? `The watch ended with status ${status}`,
    retryOf(said, undefined),
  )
}

/** Whatever went wrong, as a KubeError: no answer at all has status 0. */
export function kubeError(error: unknown): KubeError {
  if (error instanceof KubeError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new KubeError(0, 'NoAnswer', `The API server did not answer: ${message}`, { cause: error })
}

/** Whether one of the refusal's causes has this reason. */
export function hasCause({ body }: KubeResponse, reason: string): boolean {
  const causes = (parsed(body) as Status | undefined)?.details?.causes
  return Array.isArray(causes) && causes.some((cause) => cause?.reason === reason)
}

function retryOf(said: Status | undefined, header: number | undefined): { retryAfterMs?: number } {
  const seconds = said?.details?.retryAfterSeconds
  const retryAfterMs = header ?? (typeof seconds === 'number' ? seconds * 1000 : undefined)
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Not JSON.
  }
  return undefined
}
