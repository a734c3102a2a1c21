/** Keys in files: who this process is, whom it trusts, whom it admits. */
export { parseCertificate, renderCertificate } from './certificate.ts'
export { isKey, type ListedKey, parseKeyList, renderKeyList } from './key-list.ts'
export { KeyRing, type KeyRingOptions, type Port } from './key-ring.ts'
export { makeKey, makeKeyPair } from './make.ts'
export { encodeZ85 } from './z85.ts'
