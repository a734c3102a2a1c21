import type { ErrorCode } from './errors.ts'
import type { Operation } from './operation.ts'

/** A request of a client to a server, or of a process to ref: a map of these keys; others are ignored. */
export interface Request {
  readonly service: string
  /** The client's own string, 1 to 64 bytes, unique among the user's requests; the same again is a retry. */
  readonly id: string
  /** The sender's Lamport clock, after its increment for this send. */
  readonly clock: number
  /** The sender's corrected time in ms since 1970 UTC. */
  readonly timestamp: number
  readonly data: Readonly<Record<string, unknown>>
}

export type ReplyData = OkData | ErrorData
export type OkData = { readonly status: 'ok' } & Readonly<Record<string, unknown>>
export interface ErrorData {
  readonly status: 'error'
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  /** With ref's `name_taken`: the newest incarnation that it knows of the name. */
  readonly incarnation?: number
  /** With ref's `stale`: the newest report that it has seen. */
  readonly term?: number
  readonly sequence?: number
}

export interface Reply {
  readonly service: string
  readonly id: string
  readonly clock: number
  readonly timestamp: number
  readonly data: ReplyData
}

/** What names an operation in replies and publications. */
export interface OperationName {
  readonly clock: number
  readonly origin: string
  readonly incarnation: number
  readonly seq: number
}

/** What makes a publication on one topic. */
export interface Said {
  /** A publication or a direct message. */
  readonly operation: Operation
  /** The `seq` of that incarnation's former publication on this topic, 0 if none. */
  readonly previous: number
}

/** What subscribers receive on `channel/<name>/` (with `channel`) and `user/<name>/` (with `to`). */
export interface Publication {
  readonly clock: number
  readonly timestamp: number
  readonly operation: OperationName
  /** The `seq` of that incarnation's former publication on this topic, 0 if none. */
  readonly previous: number
  readonly id: string
  readonly user: string
  readonly channel?: string
  readonly to?: string
  readonly message: string | Uint8Array
}
