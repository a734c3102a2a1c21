/** Ref: ranks, membership, the list of voters; and the heartbeats that tell it of everyone. */
export * from './heartbeater.ts'
export type { RecordFile } from './record.ts'
export { Ref, type RefOptions } from './ref.ts'
