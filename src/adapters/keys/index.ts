/** Keys in files: who this process is, whom it trusts, whom it admits. */
export { KeyRing, type KeyRingOptions, type Port } from './key-ring.ts'
export { makeKey, makeKeyPair } from './make.ts'
