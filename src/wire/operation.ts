/** One accepted change (DESIGN: Data and guarantees). Numbers are integers below 2^53, times ms since 1970 UTC. */
export interface Operation {
  readonly origin: string
  /** The start time in ms of the accepting server's process, made unique for its name. */
  readonly incarnation: number
  /** Counts one incarnation's operations from 1 without holes. */
  readonly seq: number
  /** The Lamport clock; rises with `seq` within an incarnation. */
  readonly clock: number
  readonly timestamp: number
  readonly kind: Kind
  /** The client's id of the request, unique among the user's. */
  readonly id: string
  readonly user: string
  /** The channel, the receiver of `message`, empty for `login`, `secret` and `change`. */
  readonly target: string
  /** What was said, for `publish` and `message`; for some others what they are about. */
  readonly message?: string | Uint8Array
}

/**
 * `login` makes a user known, `channel` creates a channel, `publish` and `message` say something; `void` only keeps the
 * place of an operation of which a restored store knows nothing more; `secret` makes a user known with what checks its
 * secret (its `message`); `private` creates a channel for members alone (in its `message`), `invite` adds one (`message`),
 * `leave` takes its user off; `change` gives a user another secret (secret-change.ts). These last stand in no file and no
 * history. A kind's index is on every disk: append only.
 */
export const KINDS = [
  'login',
  'channel',
  'publish',
  'message',
  'void',
  'secret',
  'private',
  'invite',
  'leave',
  'change',
] as const
export type Kind = (typeof KINDS)[number]

/** Whether operations of this kind say something: those have lines in the files, and topics. */
export function isSaid(kind: Kind): boolean {
  return kind === 'publish' || kind === 'message'
}

/** One incarnation's operations are a stream, named `origin/incarnation`. */
export type StreamKey = string

/** The last one made: nearly always the same is asked for again, and a text that is made anew must be hashed anew. */
let last = { origin: '', incarnation: 0, key: '/0' }

export function streamKey(origin: string, incarnation: number): StreamKey {
  if (origin !== last.origin || incarnation !== last.incarnation) {
    last = { origin, incarnation, key: `${origin}/${incarnation}` }
  }
  return last.key
}

export function parseStreamKey(key: StreamKey): { origin: string; incarnation: number } {
  const slash = key.lastIndexOf('/')
  return { origin: key.slice(0, slash), incarnation: Number(key.slice(slash + 1)) }
}

/** Where an operation stands: what names it and what orders it. */
export interface Position {
  readonly clock: number
  readonly origin: string
  readonly incarnation: number
  readonly seq: number
}

/** Lamport's total order: clock, then origin, incarnation, seq. Negative when `a` comes first. */
export function comparePositions(a: Position, b: Position): number {
  if (a.clock !== b.clock) return a.clock - b.clock
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation
  return a.seq - b.seq
}
