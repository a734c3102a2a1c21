import type { StreamKey } from './operation.ts'
import type { Voters } from './voters.ts'

/**
 * What servers say to each other: from a server's DEALER to a peer's ROUTER, one way (answers go by the answerer's own
 * DEALER). One head frame (MessagePack map); `batches` have a second frame.
 */
export type PeerMessage =
  | Head
  | Fetch
  | Batches
  | SharedBatch
  | TimePoll
  | TimeAnswer
  | TimeCorrection
  | Echo
  | CoordinatorAnnouncement

/** What every message of a server to servers carries. */
export interface FromServer {
  readonly cluster: string
  readonly from: string
  readonly incarnation: number
  readonly clock: number
  readonly timestamp: number
}

/** What a server says of itself: at once after a flush (only what changed), and whole every 250 to 500 ms. */
export interface Head extends FromServer {
  readonly kind: 'head'
  /** Counts the heads of this incarnation to this receiver: what changed counts only without a hole before it. */
  readonly number: number
  /** The epoch of the sender's list of voters. */
  readonly epoch: number
  readonly state: 'joining' | 'up' | 'leaving'
  /** No operation that the sender accepts from now on has a clock at or below this; it holds all below in `durable`. */
  readonly promise: number
  /** What is on the sender's disk: all of it when `whole`, else what changed since its last head. */
  readonly durable: Readonly<Record<StreamKey, number>>
  readonly whole?: WholeHead
}

/** What only whole heads say. */
export interface WholeHead {
  readonly address: string
  readonly rank: number
  /** Whether the sender's disk still holds all that it ever called durable. */
  readonly intact: boolean
  readonly coordinator: string
  readonly voters: Voters
  /** The incarnations of the receivers that the sender has heard. */
  readonly heard: Readonly<Record<string, number>>
  /** Those whose promises the sender waits for before it makes anything final: name to incarnation. */
  readonly counted: Readonly<Record<string, number>>
  /** The receiver's number of its latest question that this head answers. */
  readonly answers: number
  /** The sender's own number of its latest question: the next whole head to it shall answer it. */
  readonly asks: number
  /**
   * Whether the sender and those it counts are no majority: it makes nothing final, and will not before the receiver has
   * answered a later question or is given up. Absent: it is not known.
   */
  readonly alone?: boolean
  /** What the sender heard former incarnations of the receiver call durable, and the receiver does not. */
  readonly owed: Readonly<Record<StreamKey, number>>
}

/** Send me operations of this stream behind `after`, at most `bytes` of them (at least one batch). */
export interface Fetch extends FromServer {
  readonly kind: 'fetch'
  readonly stream: StreamKey
  readonly after: number
  readonly bytes: number
}

/** A batch as it goes on topic `replica`, where whoever publishes could be of any cluster. */
export interface SharedBatch extends FromServer {
  readonly kind: 'batch'
  readonly batch: Uint8Array
}

/** Batches, one behind the other in a second frame: an answer to `fetch`, or sent at once to a peer that no proxy reaches. */
export interface Batches extends FromServer {
  readonly kind: 'batches'
  /** Bytes of each batch in the second frame. */
  readonly lengths: readonly number[]
}

/** Berkeley: the coordinator asks for the time; `sent` is its own monotonic time, given back. */
export interface TimePoll extends FromServer {
  readonly kind: 'time-poll'
  readonly round: number
  readonly sent: number
}

export interface TimeAnswer extends FromServer {
  readonly kind: 'time-answer'
  readonly round: number
  readonly sent: number
  /** The answerer's corrected time in ms, with fractions. */
  readonly time: number
}

/** The coordinator's correction: add this, slewed. */
export interface TimeCorrection extends FromServer {
  readonly kind: 'time-correction'
  readonly round: number
  readonly correction: number
}

/** On topic `servers`, to each proxy its own, while one may be needed: a server that hears its own echo knows that the proxy works. */
export interface Echo extends FromServer {
  readonly kind: 'echo'
  readonly proxy: string
}

/** On topic `servers`: this server is the coordinator now. */
export interface CoordinatorAnnouncement extends FromServer {
  readonly kind: 'coordinator'
  readonly rank: number
}
