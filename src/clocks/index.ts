/** Lamport clocks, corrected time, Berkeley's algorithm. */
export { averageOfAgreeing, Berkeley, type BerkeleyOptions } from './berkeley.ts'
export { CorrectedTime, skewedTime } from './corrected.ts'
export { LamportClock, type Lease } from './lamport.ts'
