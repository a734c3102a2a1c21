import type { Chance, Files, Journal, KeyValue, Log, Metrics, Time, Timers } from '../ports/index.ts'
import type {
  Batch,
  ErrorCode,
  Operation,
  Position,
  Publication,
  ReadonlyVector,
  StreamKey,
  Vector,
  Voters,
} from '../wire/index.ts'

/** A private channel's members by name, each with the operation that made it one. */
export type Members = ReadonlyMap<string, Position>

/** A user's secret, by the operation that set its first one and the one that set that which counts. */
export interface UserSecret {
  readonly claim: Position
  readonly secret: Position
  /** When the permit was issued by which it was set, or that was used last before it; 0 for none. Up to there they are used up. */
  readonly permitted: number
}

/**
 * One server's set of operations on its disk, with what is derived from it: the order, the registry, the ids, the
 * files. Synchronous but for the flush; at most one flush is under way, and what came meanwhile goes into the next.
 */
export interface Store {
  /** What is here, in memory or on disk; for each stream an unbroken beginning. */
  readonly held: ReadonlyVector
  /** What is flushed to this disk. */
  readonly durable: ReadonlyVector
  /** The highest clock of any operation held, 0 if none. */
  readonly highestClock: number
  /** The lowest clock among operations held and not yet flushed; undefined when all is flushed. */
  readonly lowestUnflushedClock: number | undefined
  /** Whether there was a readable store with this identity when it was opened; false for a new or set-aside one. */
  readonly found: boolean
  /** What the store remembers besides operations, as last given to `remember` (flushed or not). */
  readonly memory: Memory

  /**
   * Takes a batch into the set and into the next flush. `known`: nothing in it is new. `gap`: operations before it
   * are missing; nothing was taken. `full`: more waits for the flush than is allowed; nothing was taken.
   */
  append(batch: Batch): 'appended' | 'known' | 'gap' | 'full'
  /** Puts these beside the operations in the next flush; `done` is called when they are on the disk. */
  remember(changes: Partial<Memory>, done?: () => void): void

  /** The operation of this user with this id, among each user's last 4,096 in the order and all not yet final. */
  find(user: string, id: string): Position | undefined
  /** One held operation. */
  read(stream: StreamKey, seq: number): Operation | undefined
  /** Held batches of a stream behind `after`, in order, at least one if there is any, then up to `bytes`. */
  batches(stream: StreamKey, after: number, bytes: number): Uint8Array[]
  /** The held operation, the first in the order, that made the user known or the channel exist. */
  userAt(name: string): Position | undefined
  secretOf(user: string): UserSecret | undefined
  /** How many channels this user has made. */
  channelsMadeBy(user: string): number
  /** The members of a private channel; undefined when it is public, or unknown. */
  membersOf(channel: string): Members | undefined
  channelAt(name: string): Position | undefined
  /** Sorted. */
  users(): readonly string[]
  channels(): readonly string[]
  /**
   * Messages in the order, from what is within `visible` (and flushed here) and not within `after`; left-out
   * operations are skipped. `next` is the cursor behind the last one, or `visible` itself when there are no more.
   */
  history(query: HistoryQuery): HistoryPage

  /**
   * Makes final all operations with clocks up to this: all of them are flushed here. They are appended to the files
   * (soon, in bounded pieces). An operation that comes later with a clock at or below is put in its place by rewriting
   * the files' tails, at most once a second.
   */
  finalise(clock: number): void
  /** The clock up to which all is final, 0 at first. */
  readonly finalClock: number
  /** Whether the files show all that is final. */
  readonly filesCurrent: boolean
  /** The last bytes' facts of the files, for status: name to size. */
  fileSizes(): Readonly<Record<string, number>>
  /** Bytes free and in all where the store lies. */
  space(): { free: number; total: number }

  /** Flushes what waits, brings the files up to date, closes. */
  close(done: () => void): void
}

/** What a server keeps beside its operations. All on the same disk and in the same flush. */
export interface Memory {
  readonly incarnation: number
  /** Whether this disk holds all that it ever called durable; false in a new store until it has caught up. */
  readonly intact: boolean
  /** The Lamport clock may be used up to this without another flush; a restart begins above it. */
  readonly lease: number
  readonly rank: number
  readonly voters: Voters
  /** The servers that this one knew last: where they are, their ranks. */
  readonly peers: Readonly<Record<string, { readonly address: string; readonly rank: number }>>
  /** What peers called durable, at most a second old when the process ends: shows who lost its disk. */
  readonly heard: Readonly<Record<string, Readonly<Record<StreamKey, number>>>>
}

export interface HistoryQuery {
  readonly channel?: string
  /** Direct messages from or to this user. */
  readonly user?: string
  /** Only those between `user` and this one. */
  readonly with?: string
  readonly after: ReadonlyVector
  readonly visible: ReadonlyVector
  readonly limit: number
  /** Bytes of messages in a page, about; at least one message is given. */
  readonly bytes: number
}

export interface HistoryPage {
  /** Like publications; `previous` is 0. */
  readonly messages: readonly Publication[]
  readonly next: Vector
  readonly more: boolean
}

/** What a store tells its owner. */
export interface StoreEvents {
  /** These streams are now flushed up to these. Called once after each flush, also when only memory was flushed. */
  flushed(changes: ReadonlyVector): void
  /** The disk failed for good (`disk_failed`), at a flush or at a reading: nothing may be acknowledged any more, the process must end. */
  failed(code: ErrorCode, error: Error): void
  /** The disk became full or has room again; while full, nothing is flushed and it is tried again every second. */
  full(full: boolean): void
  /** So many of a batch, from this one on, came when their places were already final; the files' tails are rewritten. */
  late(position: Position, count: number): void
}

/** Files that may be able to copy in pieces what is kept of one whose tail changes. */
export interface StoreFiles extends Files {
  /** Copies some of the first `keep` bytes of a file for the next `replaceTail` that keeps them; whether there are more. */
  copyOn?(name: string, keep: number): boolean
}

export interface StoreOptions {
  readonly journal: Journal
  readonly keyValue: KeyValue
  readonly files: StoreFiles
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  readonly events: StoreEvents
  /** Bytes of batches in one write to the journal, about; 4 MiB unless given. */
  readonly groupBytes?: number
}
