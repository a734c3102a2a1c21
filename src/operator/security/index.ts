/** Secured mode: a cluster's keys, who gets which, and how they are replaced. */
export type { KeyMaker } from './key-maker.ts'
export {
  advanceRotation,
  beginRotation,
  endRotation,
  type Keyring,
  newKeyring,
  type RotationStep,
  withUsers,
} from './keyring.ts'
export { partFiles, userFiles, userSecret } from './parts.ts'
export { filesOf, secretData } from './secret-data.ts'
export { type Files, parseKeyring, renderKeyring } from './text.ts'
