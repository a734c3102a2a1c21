import type { Position } from './operation.ts'

/** What a `change` is about: whose secret it follows, by the operation that first set one, and what checks the new one. */
export interface SecretChange {
  /** The name of that operation: of two who took a name at the same moment, only the first one's changes count. */
  readonly claim: string
  readonly verifier: string
}

export function renderSecretChange({ claim, verifier }: SecretChange): string {
  return `${claim} ${verifier}`
}

export function parseSecretChange(message: string): SecretChange {
  const space = message.indexOf(' ')
  return { claim: message.slice(0, Math.max(space, 0)), verifier: message.slice(space + 1) }
}

/** An operation's name in letters that a topic may have. */
export function positionName({ origin, incarnation, seq }: Position): string {
  return `${origin}-${incarnation.toString(36)}-${seq.toString(36)}`
}
