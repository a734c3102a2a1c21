import type { Time } from '../ports/index.ts'
import { RecadoError } from '../wire/index.ts'

/** How much a user may have saved up of what it may say, in seconds. */
const SAVED_S = 2
/** Users that are remembered, unless more have something under way. */
const USERS_MAX = 10_000

export interface UserLimitOptions {
  /** Requests of one user that may be under way at this server. */
  readonly userRequests: number
  /** Bytes of messages that one user may say here in a second. */
  readonly userBytesPerSecond: number
}

interface Use {
  underWay: number
  /** Bytes that it may still say; monotonic ms of when that was true. */
  bytes: number
  at: number
}

/** What one user may take up of a server, so that nobody's flood is another's matter. */
export class UserLimits {
  readonly #options: UserLimitOptions
  readonly #time: Time
  readonly #uses = new Map<string, Use>()

  constructor(options: UserLimitOptions, time: Time) {
    this.#options = options
    this.#time = time
  }

  /** A request with so many bytes of a message begins; `ended` is to follow. @throws RecadoError `overloaded` */
  began(user: string, bytes: number): void {
    const { userRequests, userBytesPerSecond } = this.#options
    const use = this.#useOf(user)
    if (use.underWay >= userRequests) throw over('requests under way')
    // One message always may be said, whatever its size, by who has said little.
    if (bytes > 0 && use.bytes < Math.min(bytes, userBytesPerSecond)) throw over('bytes a second')
    use.bytes -= bytes
    use.underWay++
  }

  ended(user: string): void {
    const use = this.#uses.get(user)
    if (use !== undefined) use.underWay--
  }

  #useOf(user: string): Use {
    const now = this.#time.monotonic()
    let use = this.#uses.get(user)
    if (use === undefined) {
      if (this.#uses.size >= USERS_MAX) this.#forget(now)
      use = { underWay: 0, bytes: this.#most, at: now }
      this.#uses.set(user, use)
    }
    use.bytes = this.#allowanceOf(use, now)
    use.at = now
    return use
  }

  get #most(): number {
    return this.#options.userBytesPerSecond * SAVED_S
  }

  #allowanceOf({ bytes, at }: Use, now: number): number {
    return Math.min(this.#most, bytes + ((now - at) / 1000) * this.#options.userBytesPerSecond)
  }

  /** Forgets the idle who may say all again, for so they come back; when nobody may, the one who is nearest to it. */
  #forget(now: number): void {
    let nearest: { user: string; bytes: number } | undefined
    const before = this.#uses.size
    for (const [user, use] of this.#uses) {
      if (use.underWay > 0) continue
      const bytes = this.#allowanceOf(use, now)
      if (bytes >= this.#most) this.#uses.delete(user)
      else if (nearest === undefined || bytes > nearest.bytes) nearest = { user, bytes }
    }
    if (this.#uses.size === before && nearest !== undefined) this.#uses.delete(nearest.user)
  }
}

function over(limit: string): RecadoError {
  return new RecadoError(
    'overloaded',
    `This user has too much under way (limit: ${limit}); send less and try again`,
  )
}
