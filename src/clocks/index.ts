/** Time and order: Lamport's clock, corrected time, and Berkeley's algorithm that corrects it. */
export * from './berkeley.ts'
export * from './corrected.ts'
export * from './lamport.ts'
