import type { Cancel } from './time.ts'

/** One request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** `application/json` unless given. */
  readonly contentType?: string
  readonly deadlineMs: number
}

export interface KubeResponse {
  readonly status: number
  readonly body: string
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number
}

/** What becomes of a stream; nothing is called any more once it is cancelled. */
export interface StreamHandlers {
  /** The server accepted: lines may come. */
  opened(): void
  line(text: string): void
  /** Called once: the server's end of the stream (status 200), its refusal, or that the connection failed. */
  ended(end: KubeResponse | Error): void
}

/** HTTP to one API server, with its address and credentials. It knows nothing of what is said. */
export interface KubeTransport {
  /** Rejects when no whole answer came within the deadline. */
  request(request: KubeRequest): Promise<KubeResponse>
  /** Reads a never-ending answer line by line. It has no deadline of its own. */
  stream(path: string, handlers: StreamHandlers): Cancel
}
