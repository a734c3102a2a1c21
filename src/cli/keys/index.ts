/** All keys of a system, in one folder, with a part for each process. */
export { type KeyRow, listKeys, makeClient, makeKeys, revokeKey, saveSecret } from './folder.ts'
export { LOCAL_CLIENT } from './names.ts'
export { makePermit } from './permit.ts'
export { ROTATED, type Rotated, rotateKeys } from './rotate.ts'
