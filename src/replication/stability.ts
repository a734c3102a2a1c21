import type { Peer } from './peer.ts'
import type { Voting } from './voting.ts'

/**
 * The clock up to which everything is final: no live server will accept anything at or below it, and all that any of
 * them held is on this disk. 0 while those who count are no majority of the voters, so that a minority makes nothing
 * final (stability after Lamport 1978 and Schneider 1990).
 */
export function stableClock(options: {
  readonly self: string
  readonly ownPromise: number
  /** Live peers that have caught up. */
  readonly counted: readonly Peer[]
  readonly voting: Voting
}): number {
  const { self, ownPromise, counted, voting } = options
  if (!voting.isMajority([self, ...counted.map((peer) => peer.name)])) return 0
  return counted.reduce((lowest, peer) => Math.min(lowest, peer.promises.usable), ownPromise)
}
