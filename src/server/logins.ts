import type { Credentials, Log, Metrics, Time } from '../ports/index.ts'
import { comparePositions, type Position, RecadoError, readName } from '../wire/index.ts'
import { FailedLogins } from './failed-logins.ts'
import type { Call, Desk } from './services/index.ts'
import type { Sessions } from './sessions.ts'
import type { UserLimitOptions } from './user-limits.ts'

const [SECRET_BYTES_MIN, SECRET_BYTES_MAX] = [8, 256]
/** Logins whose secrets wait to be checked; each takes some 40 ms. */
const UNDER_WAY_MAX = 128

/** What secured mode adds to a server. */
export interface UserOptions extends UserLimitOptions {
  /** Channels that one user may create. */
  readonly userChannels: number
  readonly credentials: Credentials
  readonly tokenLifetimeMs: number
  /** Whether the first login of a new name sets its secret; else only of names that are listed. */
  readonly anybody: boolean
  readonly isListed: (user: string) => boolean
}

export interface LoginsOptions extends UserOptions {
  readonly desk: Desk
  readonly sessions: Sessions
  readonly verifierAt: (secret: Position) => string | undefined
  readonly time: Time
  readonly log: Log
  readonly metrics: Metrics
}

/** Logins in secured mode: by a secret, which a name's first login sets. */
export class Logins {
  readonly #options: LoginsOptions
  readonly #failed: FailedLogins
  #underWay = 0

  constructor(options: LoginsOptions) {
    this.#options = options
    this.#failed = new FailedLogins(options.time)
  }

  /** `login` {user, secret}. @throws RecadoError */
  logIn(call: Call): void {
    const { desk } = this.#options
    const user = readName(call.request.data, 'user')
    const secret = readSecret(call.request.data['secret'])
    this.#failed.check(user)
    const go = (): void => {
      const known = desk.secretAt(user)
      if (known === undefined) this.#claim(call, user, secret)
      else this.#work(call, () => this.#check(call, user, secret, known))
    }
    // Somebody may have taken the name at a server of which this one has not heard yet.
    if (desk.secretAt(user) === undefined) desk.afterMajority(call, go)
    else go()
  }

  async #check(call: Call, user: string, secret: string, known: Position): Promise<void> {
    const { credentials, verifierAt, desk } = this.#options
    this.#failed.check(user)
    this.#failed.began(user)
    const verifier = verifierAt(known)
    if (verifier === undefined || !(await credentials.matches(secret, verifier))) {
      this.#tell(user, 'wrong_secret')
      throw denied()
    }
    this.#failed.succeeded(user)
    desk.awaitHeld(call, known, () => this.#session(user, known))
  }

  #claim(call: Call, user: string, secret: string): void {
    const { anybody, isListed, credentials, desk } = this.#options
    // Whoever was there before there were secrets may have said much: only an administrator gives such a name away.
    if (!isListed(user) && (!anybody || desk.knowsUser(user))) {
      this.#tell(user, 'not_listed')
      throw denied()
    }
    this.#work(call, async () => {
      const message = await credentials.verifierOf(secret)
      const known = desk.secretAt(user)
      if (known !== undefined) return this.#check(call, user, secret, known)
      const entry = { kind: 'secret', id: call.request.id, user, target: '', message } as const
      desk.accept(call, entry, desk.acks, (operation) => this.#session(user, operation))
    })
  }

  /** The answer to who proved to be this user by the secret that this operation set. */
  #session(user: string, secret: Position): object | RecadoError {
    const first = this.#options.desk.secretAt(user)
    if (first !== undefined && comparePositions(first, secret) !== 0) {
      return new RecadoError(
        'name_taken',
        `User "${user}" was made by another at the same moment; take another name`,
      )
    }
    this.#tell(user, 'ok')
    return this.#options.sessions.tokenFor(user, secret)
  }

  /** Has a secret worked on, in its turn. Here it is counted and bounded: many may have asked the majority at once. */
  #work(call: Call, work: () => Promise<void>): void {
    if (this.#underWay >= UNDER_WAY_MAX) {
      throw new RecadoError('overloaded', 'Too many logins are under way (limit: logins); try again')
    }
    this.#underWay++
    work()
      .catch((error: unknown) => {
        if (error instanceof RecadoError) return call.fail(error)
        this.#options.log.error({ err: error }, 'A login failed')
        call.fail(new RecadoError('internal', 'The server failed at this request'))
      })
      .finally(() => {
        this.#underWay--
      })
  }

  #tell(user: string, result: 'ok' | 'wrong_secret' | 'not_listed'): void {
    const { log, metrics } = this.#options
    metrics.add('recado_logins_total', 1, { result })
    const fields = { audit: 'login', user, result }
    if (result === 'ok') log.info(fields, 'A user logged in')
    else log.warn(fields, 'A login was refused')
  }
}

function readSecret(value: unknown): string {
  const bytes = typeof value === 'string' && value.isWellFormed() ? Buffer.byteLength(value) : 0
  if (bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX) return value as string
  const what = `Key "secret" must have ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes of well-formed text`
  throw new RecadoError('bad_request', what)
}

/** The same for a wrong secret and a name that nobody may take: neither tells who is there. */
function denied(): RecadoError {
  return new RecadoError('denied', 'The secret is wrong, or this name may not be taken')
}
