import { isName } from './names.ts'

/**
 * What lets a user set a secret without having one, as an administrator gives it: `permit:user:issued:expiry:signature`; what
 * stands before the last colon is signed. It has one part more than a token, so that neither is ever taken for the other.
 */
export interface Permit {
  readonly user: string
  /** Ms since 1970 UTC: using it uses up those that were issued before. */
  readonly issued: number
  /** Ms since 1970 UTC: from then on it says nothing. */
  readonly expiry: number
  readonly signed: string
  readonly signature: string
}

/** The longest that a permit may be good for. */
export const PERMIT_LIFETIME_MS_MAX = 24 * 60 * 60_000
const [KIND, LENGTH_MAX] = ['permit', 256]
const TIME = /^\d{1,15}$/

/** The text that is to be signed. */
export function permitText(user: string, issued: number, expiry: number): string {
  return [KIND, user, issued, expiry].join(':')
}

/** The parts of a permit, of which nothing is checked but their form; undefined when it is none. */
export function parsePermit(permit: unknown): Permit | undefined {
  if (typeof permit !== 'string' || permit.length > LENGTH_MAX) return undefined
  const [kind, user, issued = '', expiry = '', signature, ...more] = permit.split(':')
  if (kind !== KIND || !isName(user) || signature === undefined || more.length > 0) return undefined
  if (!TIME.test(issued) || !TIME.test(expiry)) return undefined
  const signed = permit.slice(0, permit.length - signature.length - 1)
  return { user, issued: Number(issued), expiry: Number(expiry), signed, signature }
}
