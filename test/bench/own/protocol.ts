import type { Latency } from '../statistics.ts'

/** What the measurement asks a process of load for. */
export interface Commands {
  /** Connects a client for each user, each a connection of its own, and creates the channel. */
  connect: (given: {
    broker: string
    proxy: string
    users: readonly string[]
    channel: string
    /** The folder of a client's keys, in secured mode. */
    keysDir?: string
  }) => Promise<void>
  /** Publishes for so long, with so many under way from each client. */
  publish: (given: { window: number; ms: number }) => Promise<Published>
  /** Publishes at this rate, without waiting for acknowledgements; each message says when it was sent. */
  pace: (given: { perSecond: number; ms: number }) => Promise<Published>
  /** How many publications were acknowledged since the process began. */
  acknowledged: (given: object) => Promise<number>
  /** Subscribes with every client and waits until each is told what comes. */
  subscribe: (given: object) => Promise<void>
  /** How many messages the subscriptions brought so far. */
  received: (given: object) => Promise<number>
  /** How long paced messages took from their sending to here, and forgets them. */
  delays: (given: object) => Promise<Latency>
}

export interface Published {
  readonly acknowledged: number
  /** Refused, or not answered in time; they may be tried again. */
  readonly failed: number
  readonly tookMs: number
  /** From the call to its acknowledgement. */
  readonly latency: Latency
}

export interface Question {
  readonly number: number
  readonly command: keyof Commands
  readonly given: unknown
}

export interface Answer {
  readonly number: number
  readonly result?: unknown
  readonly error?: string
}
