import type { Row } from '../measured.ts'

/** A peer that is measured as recado is. */
export interface Peer {
  /** For the command line. */
  readonly name: string
  /** For the table. */
  readonly what: string
  /** What has happened to a message when it is acknowledged. */
  readonly acknowledged: string
  readonly rows: readonly PeerRow[]
  /** Makes what is needed to run it, and says its version. Throws what a person has to do when it cannot. */
  prepare(): Promise<string>
  /** Starts it with its data in this folder, which is empty. */
  start(folder: string): Promise<RunningPeer>
}

export interface PeerRow extends Row {
  readonly clients: number
  readonly window: number
}

export interface RunningPeer {
  /** Its processes by name. */
  readonly pids: Readonly<Record<string, number>>
  /** The command that loads it; it takes the same arguments for every peer. */
  readonly load: readonly [command: string, ...args: string[]]
  stop(): Promise<void>
}

/** What every peer that can have many messages in flight is loaded with. */
export const PEER_ROWS: readonly PeerRow[] = [
  { name: 'one-1', what: 'one at a time, 1 client', clients: 1, window: 1 },
  { name: 'one-8', what: 'one at a time, 8 clients', clients: 8, window: 1 },
  { name: 'pipelined-256', what: '256 in flight, 1 client', clients: 1, window: 256 },
  { name: 'pipelined-1000', what: '1,000 in flight, 1 client', clients: 1, window: 1000 },
]
