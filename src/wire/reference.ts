import type { Voters } from './voters.ts'

/** What ref answers and is told: the envelope of envelope.ts around these. */
/** What ref may say of a server. */
export const LISTED_STATES = ['joining', 'up', 'suspect', 'leaving', 'down', 'removed'] as const
export type ServerState = (typeof LISTED_STATES)[number]

export interface ServerEntry {
  readonly name: string
  readonly rank: number
  readonly address: string
  readonly state: ServerState
  readonly voter: boolean
  /** Operations that others have on disk and this one has not. */
  readonly lag: number
  /** Its name is no longer wanted, and a majority of the rest holds all that it held. */
  readonly drained: boolean
}

/** Data of `heartbeat`, every second from every server, broker and proxy. */
export interface Heartbeat {
  readonly cluster: string
  readonly name: string
  readonly role: 'server' | 'broker' | 'proxy'
  /** The pod's uid on Kubernetes. */
  readonly uid?: string
  /** Where others connect: a server's peers port, a broker's servers port, a proxy's publishers port. */
  readonly address: string
  readonly incarnation: number
  readonly rank?: number
  /** Servers: the rest. Ranks that this server knows, so that a ref without its file learns them. */
  readonly ranks?: Readonly<Record<string, number>>
  readonly voters?: Voters
  readonly state?: 'joining' | 'up' | 'leaving'
  /** Whether a leaving server has stopped accepting. */
  readonly stopped?: boolean
  /** The coordinator that this server follows. */
  readonly coordinator?: string
  readonly durable?: Readonly<Record<string, number>>
  /** The generation of its keys that this process has read. */
  readonly keys?: number
}

/** The ok reply to `list`. */
export interface ServerList {
  readonly servers: readonly ServerEntry[]
  /** The server that most of those heard follow; empty while none is known. */
  readonly coordinator: string
  /** The epoch of the list of voters; 0 while ref does not know the newest. */
  readonly epoch: number
  /** Which generation of its keys each process has read, of those heard lately that say so and of this ref: by `role/name`. */
  readonly keys?: Readonly<Record<string, number>>
}

/** The ok reply to `heartbeat`. */
export interface HeartbeatReply {
  /** The server's rank; 0 while ref may give none. */
  readonly rank: number
  readonly servers: readonly ServerEntry[]
  /** Addresses that servers connect to. */
  readonly brokers: readonly string[]
  readonly proxies: readonly string[]
  /** The list of voters that servers shall store, absent while ref knows none. */
  readonly voters?: Voters
  readonly epoch: number
  /** Ref's time in ms. */
  readonly time: number
}

/** Data of `members`, from an operator. */
export interface MembersReport {
  readonly cluster: string
  /** The Lease's `leaseTransitions`, then a count: what is older than the newest seen is answered `stale`. */
  readonly term: number
  readonly sequence: number
  /** The configured servers' names; one missing from it is drained. */
  readonly wanted: readonly string[]
  readonly pods: readonly {
    readonly name: string
    readonly role: string
    readonly uid: string
    readonly ip: string
    readonly ready: boolean
    readonly terminating: boolean
  }[]
}
