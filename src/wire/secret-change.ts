import type { Position } from './operation.ts'

/** What a `secret` says: what checks the user's first one. */
export interface FirstSecret {
  readonly verifier: string
  /** When the permit was issued by which it is set, or else the last that was used before, ms since 1970 UTC; 0 without one. */
  readonly permit: number
}

/** What a `change` is about: whose secret it follows, by the operation that first set one, and what checks the new one. */
export interface SecretChange extends FirstSecret {
  /** The name of that operation: of two who took a name at the same moment, only the first one's changes count. */
  readonly claim: string
}

/** No name and no verifier begins so. */
const PERMITTED = /^permit:(\d{1,15}) /

export function renderFirstSecret({ verifier, permit }: FirstSecret): string {
  return permit === 0 ? verifier : `permit:${permit} ${verifier}`
}

export function parseFirstSecret(message: string): FirstSecret {
  const [prefix, issued] = PERMITTED.exec(message) ?? ['', '0']
  return { verifier: message.slice(prefix.length), permit: Number(issued) }
}

export function renderSecretChange({ claim, verifier, permit }: SecretChange): string {
  return renderFirstSecret({ verifier: `${claim} ${verifier}`, permit })
}

export function parseSecretChange(message: string): SecretChange {
  const { verifier: text, permit } = parseFirstSecret(message)
  const space = text.indexOf(' ')
  return { claim: text.slice(0, Math.max(space, 0)), verifier: text.slice(space + 1), permit }
}

/** An operation's name in letters that a topic may have. */
export function positionName({ origin, incarnation, seq }: Position): string {
  return `${origin}-${incarnation.toString(36)}-${seq.toString(36)}`
}
