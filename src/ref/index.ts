/** Ref: ranks, membership, the list of voters; and the heartbeats that tell it of everyone. */
export * from './heartbeater.ts'
