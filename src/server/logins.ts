import {
  BoundedWarnings,
  type Credentials,
  type Log,
  type Metrics,
  type Time,
  type Timers,
} from '../ports/index.ts'
import type { UserSecret } from '../store/index.ts'
import {
  comparePositions,
  type Fields,
  type FirstSecret,
  type Position,
  positionName,
  RecadoError,
  readName,
  renderFirstSecret,
  renderSecretChange,
} from '../wire/index.ts'
import type { Entry } from './acceptor.ts'
import type { Level } from './acknowledgements.ts'
import { FailedLogins } from './failed-logins.ts'
import type { PermitFault, Permits } from './permits.ts'
import type { Call, Desk } from './services/index.ts'
import type { Sessions } from './sessions.ts'
import type { UserLimitOptions } from './user-limits.ts'

const [SECRET_BYTES_MIN, SECRET_BYTES_MAX] = [8, 256]
/** Logins whose secrets wait to be checked; each takes some 40 ms. */
const UNDER_WAY_MAX = 128

type Refused = 'wrong_secret' | 'wrong_permit' | 'not_listed'
/** Which operations set the secret that somebody has shown. */
type Proved = Pick<UserSecret, 'claim' | 'secret'>

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
  readonly permits: Permits
  readonly verifierAt: (secret: Position) => string | undefined
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
}

/**
 * Logins in secured mode: by a secret, which a name's first login sets, and which one with a new secret changes; or by an
 * administrator's permit, which stands for the secret where that is forgotten or the name has none.
 */
export class Logins {
  readonly #options: LoginsOptions
  readonly #failed: FailedLogins
  /** A flood of one kind does not hide the others. */
  readonly #warnings: Readonly<Record<Refused, BoundedWarnings>>
  #underWay = 0

  constructor(options: LoginsOptions) {
    this.#options = options
    this.#failed = new FailedLogins(options.time)
    const warnings = (result: Refused): BoundedWarnings =>
      new BoundedWarnings(options, { audit: 'login' }, `Refused more logins: ${result}`)
    this.#warnings = {
      wrong_secret: warnings('wrong_secret'),
      wrong_permit: warnings('wrong_permit'),
      not_listed: warnings('not_listed'),
    }
  }

  /** `login` {user, secret, new_secret?} or {user, permit, new_secret}. @throws RecadoError */
  logIn(call: Call): void {
    const { desk } = this.#options
    const { data } = call.request
    const user = readName(data, 'user')
    if (data['permit'] !== undefined) return this.#askToPermit(call, user, data)
    const secret = readSecret(data, 'secret')
    const wanted = data['new_secret'] === undefined ? undefined : readSecret(data, 'new_secret')
    this.#failed.check(user)
    if (wanted !== undefined) return this.#askForChange(call, user, secret, wanted)
    const go = (): void => {
      const known = desk.secretOf(user)
      if (known === undefined) this.#claim(call, user, secret)
      else this.#work(call, () => this.#check(call, user, secret, known))
    }
    // Somebody may have taken the name at a server of which this one has not heard yet.
    if (desk.secretOf(user) === undefined) desk.afterMajority(call, go)
    else go()
  }

  async #check(call: Call, user: string, secret: string, known: UserSecret): Promise<void> {
    if (await this.#matches(user, secret, known)) return this.#enter(call, user, known)
    // It may have been changed at a server of which this one has not heard yet.
    this.#options.desk.afterMajority(call, () => {
      const newest = this.#options.desk.secretOf(user)
      if (newest === undefined || isSame(newest, known)) throw this.#refusal(user)
      this.#work(call, () => this.#check(call, user, secret, newest))
    })
  }

  /** A server that is behind would let in a secret that has been changed already: it asks the majority first. */
  #askForChange(call: Call, user: string, secret: string, wanted: string): void {
    if (secret === wanted) throw new RecadoError('bad_request', 'Keys "secret" and "new_secret" must differ')
    this.#options.desk.afterMajority(call, () => {
      this.#work(call, () => this.#change(call, user, secret, wanted))
    })
  }

  async #change(call: Call, user: string, secret: string, wanted: string): Promise<void> {
    const { credentials, desk } = this.#options
    const known = desk.secretOf(user)
    if (known === undefined) return this.#refuseStranger(user, 'wrong_secret', secret, wanted)
    if (!(await this.#matches(user, secret, known))) {
      if (!(await this.#matches(user, wanted, known))) throw this.#refusal(user)
      // Who did not hear the answer asks again: it is changed already, and the first look failed at nothing.
      this.#failed.succeeded(user)
      return this.#enter(call, user, known, this.#levelOfChanges)
    }
    const verifier = await credentials.verifierOf(wanted)
    if (!isSame(desk.secretOf(user), known)) return this.#change(call, user, secret, wanted)
    this.#set(call, user, known, { verifier, permit: known.permitted })
  }

  /** Whether the permit was used before, the majority knows. */
  #askToPermit(call: Call, user: string, data: Fields): void {
    if (data['secret'] !== undefined) {
      throw new RecadoError('bad_request', 'A login has "secret" or "permit", not both')
    }
    const wanted = readSecret(data, 'new_secret')
    const issued = this.#options.permits.issuedAt(data['permit'], user)
    if (typeof issued !== 'number') {
      this.#countTry(user)
      throw this.#refusal(user, 'wrong_permit', issued)
    }
    // Nobody guesses a signature: who shows one need not wait for those who have guessed secrets.
    this.#options.desk.afterMajority(call, () => {
      this.#work(call, () => this.#setByPermit(call, user, wanted, issued))
    })
  }

  async #setByPermit(call: Call, user: string, wanted: string, issued: number): Promise<void> {
    const { credentials, desk } = this.#options
    const known = desk.secretOf(user)
    if (known !== undefined && known.permitted >= issued) {
      if (!(await this.#matches(user, wanted, known))) throw this.#refusal(user, 'wrong_permit', 'used')
      // Who did not hear the answer asks again: it is done already.
      return this.#enter(call, user, known, this.#levelOfChanges)
    }
    const verifier = await credentials.verifierOf(wanted)
    const newest = desk.secretOf(user)
    if (newest !== undefined && newest.permitted >= issued)
      return this.#setByPermit(call, user, wanted, issued)
    // It may be another than before: whoever changes it again and again keeps nobody from using a permit.
    this.#set(call, user, newest, { verifier, permit: issued })
  }

  /** Has a secret follow the known one of a user, or be the first. */
  #set(call: Call, user: string, known: UserSecret | undefined, next: FirstSecret): void {
    const { desk, log } = this.#options
    const about = { id: call.request.id, user, target: '' }
    const entry: Entry =
      known === undefined
        ? { ...about, kind: 'secret', message: renderFirstSecret(next) }
        : {
            ...about,
            kind: 'change',
            message: renderSecretChange({ ...next, claim: positionName(known.claim) }),
          }
    desk.hear(call)
    desk.accept(call, entry, this.#levelOfChanges, (operation) => {
      const by = next.permit === (known?.permitted ?? 0) ? {} : { permit_issued: next.permit }
      log.info({ audit: 'secret_changed', user, ...by }, 'A user changed its secret')
      return this.#session(user, { claim: known?.claim ?? operation, secret: operation })
    })
  }

  /** Whether a secret is the user's. Every look at one counts as a try. */
  async #matches(user: string, secret: string, known: UserSecret): Promise<boolean> {
    const { credentials, verifierAt } = this.#options
    this.#countTry(user)
    const verifier = verifierAt(known.secret)
    if (verifier === undefined || !(await credentials.matches(secret, verifier))) return false
    this.#failed.succeeded(user)
    return true
  }

  /** Counts as many tries and takes as long as where there is such a user: who fails does not learn who is there. */
  async #refuseStranger(user: string, result: Refused, ...secrets: readonly string[]): Promise<never> {
    for (const secret of secrets) {
      this.#countTry(user)
      await this.#options.credentials.verifierOf(secret)
    }
    throw this.#refusal(user, result)
  }

  #countTry(user: string): void {
    this.#failed.check(user)
    this.#failed.began(user)
  }

  /** One disk may be lost, and with it that the former secret or the permit is good for nothing any more. */
  get #levelOfChanges(): Level {
    const { acks } = this.#options.desk
    return acks === 'one' ? 'quorum' : acks
  }

  #enter(call: Call, user: string, known: UserSecret, level = this.#options.desk.acks): void {
    const { desk } = this.#options
    desk.hear(call)
    desk.awaitHeld(call, known.secret, level, () => this.#session(user, known))
  }

  #claim(call: Call, user: string, secret: string): void {
    const { anybody, isListed, credentials, desk } = this.#options
    // Whoever was there before there were secrets may have said much: only an administrator gives such a name away.
    if (!isListed(user) && (!anybody || desk.knowsUser(user)))
      return this.#work(call, () => this.#refuseStranger(user, 'not_listed', secret))
    this.#work(call, async () => {
      const message = await credentials.verifierOf(secret)
      const known = this.#options.desk.secretOf(user)
      if (known !== undefined) return this.#check(call, user, secret, known)
      const entry = { kind: 'secret', id: call.request.id, user, target: '', message } as const
      desk.hear(call)
      desk.accept(call, entry, desk.acks, (operation) =>
        this.#session(user, { claim: operation, secret: operation }),
      )
    })
  }

  /** The answer to who proved to be this user by the secret that was the user's then. */
  #session(user: string, proved: Proved): object | RecadoError {
    const known = this.#options.desk.secretOf(user) ?? proved
    if (comparePositions(known.claim, proved.claim) !== 0) {
      return new RecadoError(
        'name_taken',
        `User "${user}" was made by another at the same moment; take another name`,
      )
    }
    if (!isSame(known, proved)) {
      return new RecadoError('denied', 'The secret was changed at the same moment; log in with the newest')
    }
    const { log, metrics } = this.#options
    metrics.add('recado_logins_total', 1, { result: 'ok' })
    log.info({ audit: 'login', user, result: 'ok' }, 'A user logged in')
    return this.#options.sessions.tokenFor(user, proved.secret)
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

  /** The same for a wrong secret and a name that nobody may take: neither tells who is there. Why, the log alone tells. */
  #refusal(user: string, result: Refused = 'wrong_secret', fault?: PermitFault | 'used'): RecadoError {
    this.#options.metrics.add('recado_logins_total', 1, { result })
    const fields = { user, result, ...(fault === undefined ? {} : { fault }) }
    this.#warnings[result].warn(fields, 'A login was refused')
    const what =
      result === 'wrong_permit'
        ? 'The permit is wrong, used or expired, or for another user; ask an administrator for another'
        : 'The secret is wrong, or this name may not be taken'
    return new RecadoError('denied', what)
  }
}

function isSame(a: Proved | undefined, b: Proved): boolean {
  return a !== undefined && comparePositions(a.secret, b.secret) === 0
}

function readSecret(data: Fields, key: string): string {
  const value = data[key]
  const bytes = typeof value === 'string' && value.isWellFormed() ? Buffer.byteLength(value) : 0
  if (bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX) return value as string
  const what = `Key "${key}" must have ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes of well-formed text`
  throw new RecadoError('bad_request', what)
}
