/** Who this process is. The incarnation can only rise, and only before the server first accepts anything. */
export interface Identity {
  readonly cluster: string
  readonly name: string
  readonly address: string
  incarnation: number
}

/** A server's own condition, as its heads and heartbeats tell it. */
export interface Condition {
  state: 'joining' | 'up' | 'leaving'
  /** Whether the disk holds all that this server ever called durable. */
  intact: boolean
  rank: number
}
