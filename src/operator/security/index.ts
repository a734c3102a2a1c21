/** Secured mode: a cluster's keys, who gets which, and how they are replaced. */
export { clientPass } from './client-pass.ts'
export { HeldKeys } from './held-keys.ts'
export type { KeyMaker } from './key-maker.ts'
export {
  advanceRotation,
  beginRotation,
  endRotation,
  type Keyring,
  type KeyState,
  newKeyring,
  type RotationStep,
  withUsers,
} from './keyring.ts'
export { partFiles, userFiles, userSecret } from './parts.ts'
export { askedFor, decideRotation, named, ROTATE_ANNOTATION, type RotationDecision } from './rotation.ts'
export { filesOf, secretData } from './secret-data.ts'
export { type Files, parseKeyring, renderKeyring } from './text.ts'
export { readBy, unreadPods } from './unread.ts'
