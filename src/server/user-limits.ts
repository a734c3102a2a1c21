import type { Time } from '../ports/index.ts'
import { RecadoError } from '../wire/index.ts'

/** How much a user may have saved up of what it may say, in seconds. */
const SAVED_S = 2
/** Users that are remembered without anything under way. */
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
    const { userBytesPerSecond } = this.#options
    const now = this.#time.monotonic()
    const most = userBytesPerSecond * SAVED_S
    let use = this.#uses.get(user)
    if (use === undefined) {
      if (this.#uses.size >= USERS_MAX) this.#forgetIdle()
      use = { underWay: 0, bytes: most, at: now }
      this.#uses.set(user, use)
    }
    use.bytes = Math.min(most, use.bytes + ((now - use.at) / 1000) * userBytesPerSecond)
    use.at = now
    return use
  }

  #forgetIdle(): void {
    for (const [user, { underWay }] of this.#uses) if (underWay === 0) this.#uses.delete(user)
  }
}

function over(limit: string): RecadoError {
  return new RecadoError(
    'overloaded',
    `This user has too much under way (limit: ${limit}); send less and try again`,
  )
}
