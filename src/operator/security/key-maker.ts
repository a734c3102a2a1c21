import type { KeyPair } from '../../ports/index.ts'

/** Makes keys of chance that nobody can guess. */
export interface KeyMaker {
  pair(): KeyPair
  /** A key that several share: 32 bytes in Z85. */
  key(): string
}
