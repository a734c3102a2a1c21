import type { Credentials } from '../ports/index.ts'
import { type Position, parseToken, positionName, RecadoError, tokenText } from '../wire/index.ts'

/** Tokens that were checked lately: most requests carry one of them. */
const KNOWN_MAX = 16_384
/** How far the clock of who gave a token or a permit may have been ahead of this server's. */
export const CLOCKS_APART_MS = 60_000

export interface SessionsOptions {
  readonly credentials: Credentials
  readonly lifetimeMs: number
  /** Corrected time in ms. */
  readonly now: () => number
  /** The operation that set the secret which a user has; undefined when none is known here. */
  readonly secretAt: (user: string) => Position | undefined
}

/** Gives tokens to who has logged in, and tells by a token whose it is. Nothing is kept of who has one. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #known = new Map<
    string,
    { readonly user: string; readonly expiry: number; readonly secret: string }
  >()
  /** Of the keys under which the known ones were checked. */
  #generation = 0

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** A token for a user whose secret that operation set. */
  tokenFor(user: string, secret: Position): { token: string; expires: number } {
    const { credentials, lifetimeMs, now } = this.#options
    const expires = Math.floor(now()) + lifetimeMs
    const text = tokenText(user, expires, positionName(secret))
    return { token: `${text}:${credentials.sign(text)}`, expires }
  }

  /** Whose token it is. @throws RecadoError `not_logged_in` */
  userOf(token: unknown): string {
    const { now, secretAt, lifetimeMs } = this.#options
    this.#review()
    const known = this.#known.get(token as string) ?? this.#check(token)
    const left = known.expiry - now()
    if (left <= 0) throw new RecadoError('not_logged_in', 'The token has expired; log in again')
    // No login gives one for so long: it is forged, or from before the lifetime was shortened.
    if (left > lifetimeMs + CLOCKS_APART_MS) throw invalid()
    const secret = secretAt(known.user)
    // It has been changed; or who was first here came second in the order, and the name is another's.
    if (secret !== undefined && positionName(secret) !== known.secret) throw invalid()
    return known.user
  }

  /** What a key that is gone has signed is not good for having been so. */
  #review(): void {
    const generation = this.#options.credentials.generation()
    if (generation === this.#generation) return
    this.#generation = generation
    this.#known.clear()
  }

  #check(token: unknown) {
    const parsed = parseToken(token)
    if (parsed === undefined || !this.#options.credentials.isSigned(parsed.signed, parsed.signature))
      throw invalid()
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(token as string, parsed)
    return parsed
  }
}

function invalid(): RecadoError {
  return new RecadoError('not_logged_in', 'A request needs the token of a login; log in first')
}
