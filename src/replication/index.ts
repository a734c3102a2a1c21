/** Keeps the servers' sets of operations equal: vectors, holes, catching up, voters, stability. */
export type { Condition, Identity } from './identity.ts'
export type { Peer } from './peer.ts'
export { Replica, type ReplicaEvents, type ReplicaOptions } from './replica.ts'
