import type { ServerLink } from './server-link.ts'
import { Share } from './share.ts'

/** One body of a client, from its arrival until its answer. */
export interface Body {
  /** Which of all bodies that came to this broker it is. */
  readonly number: number
  readonly connection: Connection
  /** The frames before the body, which the reply needs again. */
  readonly envelope: readonly Uint8Array[]
  readonly bytes: Uint8Array
  /** How many it holds. */
  readonly requests: number
  /** Its connection's when it came. */
  readonly epoch: number
  /** Monotonic ms. */
  readonly deadline: number
  /** Its client has been told that the deadline passed. */
  expired: boolean
  /** The server that has it, and under which tag. */
  server: ServerLink | undefined
  tag: number
  /** What it takes of its connection's share while a server has it. */
  cost: number
}

export function newBody(
  number: number,
  connection: Connection,
  envelope: readonly Uint8Array[],
  bytes: Uint8Array,
  requests: number,
  deadline: number,
): Body {
  const { epoch } = connection
  return {
    number,
    connection,
    epoch,
    envelope,
    bytes,
    requests,
    deadline,
    expired: false,
    server: undefined,
    tag: 0,
    cost: 0,
  }
}

/** One client's connection: its bodies go to one server, in their order, while that lives. */
export class Connection {
  readonly id: string
  /** The broker's own number for it, for the servers. */
  readonly number: number
  server: ServerLink | undefined
  /** Bodies that no server has yet, oldest first. */
  waiting: Body[] = []
  /** Bodies that its server has and did not answer. */
  outstanding = 0
  /** Requests in all its bodies here, and their bytes. */
  requests = 0
  bytes = 0
  readonly share = new Share()
  usedAt = 0
  /** Monotonic ms; 0 when it never sent in bulk. */
  gatheredUntil = 0
  /** How often whoever had its name has ended: what a server had of before is answered to nobody. */
  epoch = 0

  constructor(id: string, number: number) {
    this.id = id
    this.number = number
  }

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.outstanding === 0
  }

  /** Whether its bodies must wait for answers first: its server takes nothing new, and order shall be kept. */
  get held(): boolean {
    return this.server !== undefined && this.server.leaving && this.outstanding > 0
  }
}
