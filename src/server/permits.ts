import type { Credentials } from '../ports/index.ts'
import { PERMIT_LIFETIME_MS_MAX, parsePermit } from '../wire/index.ts'
import { CLOCKS_APART_MS } from './sessions.ts'

export interface PermitsOptions {
  readonly credentials: Credentials
  /** Corrected time in ms. */
  readonly now: () => number
}

/** What is wrong with a permit: for the log, who sent it is not told. */
export type PermitFault = 'no_permit' | 'not_signed' | 'another_user' | 'expired' | 'not_yet' | 'too_long'

/** Tells by a permit whether an administrator lets this user set a secret. Whether it was used before, the secret tells. */
export class Permits {
  readonly #options: PermitsOptions

  constructor(options: PermitsOptions) {
    this.#options = options
  }

  /** When it was issued, ms since 1970 UTC and never 0; or what is wrong with it. */
  issuedAt(permit: unknown, user: string): number | PermitFault {
    const { credentials, now } = this.#options
    const parsed = parsePermit(permit)
    if (parsed === undefined || parsed.issued === 0) return 'no_permit'
    if (!credentials.isSigned(parsed.signed, parsed.signature)) return 'not_signed'
    if (parsed.user !== user) return 'another_user'
    if (parsed.expiry <= now()) return 'expired'
    if (parsed.issued > now() + CLOCKS_APART_MS) return 'not_yet'
    return parsed.expiry - parsed.issued > PERMIT_LIFETIME_MS_MAX ? 'too_long' : parsed.issued
  }
}
