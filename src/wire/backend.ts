/**
 * What brokers and servers say to each other: a server's DEALER connected to a broker's ROUTER. Each message is a head
 * frame (MessagePack map, below), and for `requests` and `replies` a second frame: the bodies, one behind the other.
 */
export type BackendHead = Ready | Beat | Requests | Replies | Bye | Refused

/** Server to broker, first and after any `refused`: take me on. */
export interface Ready {
  readonly kind: 'ready'
  readonly cluster: string
  readonly name: string
  readonly incarnation: number
  /** The server's number of this registration: what was sent under another one it has dropped, unanswered. */
  readonly session: number
  /** Bodies that the server takes before it has answered any. */
  readonly credit: number
}

/** Servers' every 500 ms, brokers' every second; any other message is as good. A server that gets one from a broker that forgot it sends `ready`. */
export interface Beat {
  readonly kind: 'beat'
  /** Broker to server: whether the server is registered there. */
  readonly registered?: boolean
  /** Broker to server: under which registration. A server whose last one was lost on its way sees it, and registers anew. */
  readonly session?: number
}

/** Broker to server. `tags` are the broker's own numbers for the bodies, `connections` its numbers for whose they are. */
export interface Requests {
  readonly kind: 'requests'
  /** The registration under which this is sent; the server drops what was meant for a former one. */
  readonly session: number
  readonly tags: readonly number[]
  readonly connections: readonly number[]
  /** Bytes of each body in the second frame. */
  readonly lengths: readonly number[]
}

/** Server to broker, in any order. */
export interface Replies {
  readonly kind: 'replies'
  readonly tags: readonly number[]
  readonly lengths: readonly number[]
}

/** Server to broker: send me nothing new; what I hold I still answer. */
export interface Bye {
  readonly kind: 'bye'
}

/** Broker to server: another cluster's, or not understood. */
export interface Refused {
  readonly kind: 'refused'
  readonly message: string
}
