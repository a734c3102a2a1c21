import { isName } from './names.ts'

/** A token, as a login gives it: `user:expiry:secret:signature`; what stands before the last colon is signed. */
export interface Token {
  readonly user: string
  /** Ms since 1970 UTC: from then on it says nothing. */
  readonly expiry: number
  /** Names the operation that set the user's secret: a token for another one says nothing. */
  readonly secret: string
  readonly signed: string
  readonly signature: string
}

export const TOKEN_LENGTH_MAX = 256

/** The text that is to be signed. */
export function tokenText(user: string, expiry: number, secret: string): string {
  return `${user}:${expiry}:${secret}`
}

/** The parts of a token, of which nothing is checked but their form; undefined when it is none. */
export function parseToken(token: unknown): Token | undefined {
  if (typeof token !== 'string' || token.length > TOKEN_LENGTH_MAX) return undefined
  const [user, expiry, secret, signature, ...more] = token.split(':')
  if (!isName(user) || signature === undefined || secret === undefined || more.length > 0) return undefined
  if (!/^\d{1,15}$/.test(expiry ?? '')) return undefined
  const signed = token.slice(0, token.length - signature.length - 1)
  return { user, expiry: Number(expiry), secret, signed, signature }
}
