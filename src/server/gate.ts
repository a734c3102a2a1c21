import { type Timers, WarningsByReason } from '../ports/index.ts'
import {
  isName,
  messageBytes,
  type Operation,
  parseFirstSecret,
  parseSecretChange,
  RecadoError,
  type Request,
} from '../wire/index.ts'
import type { Acceptor } from './acceptor.ts'
import { Logins, type LoginsOptions } from './logins.ts'
import { Permits } from './permits.ts'
import type { Call } from './services/index.ts'
import { Sessions } from './sessions.ts'
import { UserLimits } from './user-limits.ts'

export interface GateOptions extends Omit<LoginsOptions, 'sessions' | 'permits' | 'verifierAt'> {
  /** Corrected time in ms. */
  readonly now: () => number
  readonly acceptor: Acceptor
  readonly timers: Timers
}

/** In secured mode: who may log in, and what each may ask for. */
export class Gate {
  readonly #options: GateOptions
  readonly #sessions: Sessions
  readonly #logins: Logins
  readonly #limits: UserLimits
  readonly #denied: WarningsByReason<'no_token' | 'another_user' | 'limit'>

  constructor(options: GateOptions) {
    const { acceptor } = options
    this.#options = options
    this.#denied = new WarningsByReason(options, { audit: 'denied' }, 'Denied more of what users asked for')
    this.#limits = new UserLimits(options, options.time)
    this.#sessions = new Sessions({
      ...options,
      lifetimeMs: options.tokenLifetimeMs,
      secretAt: (user) => acceptor.secretOf(user)?.secret,
    })
    this.#logins = new Logins({
      ...options,
      sessions: this.#sessions,
      permits: new Permits(options),
      verifierAt: (secret) => verifierIn(acceptor.read(secret)),
    })
  }

  /** `login` {user, secret, new_secret?} or {user, permit, new_secret}. @throws RecadoError */
  logIn(call: Call): void {
    this.#logins.logIn(call)
  }

  /** Nobody asks without a token, or in the name of another; who asks. @throws RecadoError `not_logged_in`, `denied` */
  authorise({ service, data }: Request): string | undefined {
    if (service === 'login') return undefined
    const { user, token } = data
    let known: string
    try {
      known = this.#sessions.userOf(token)
    } catch (error) {
      this.#options.metrics.add('recado_denied_total', 1, { reason: 'no_token' })
      // Whose it was to be is what its maker says.
      this.#denied.warn('no_token', { service }, 'Denied a request without a token that counts')
      throw error
    }
    if (user === undefined || user === known) return this.#begin(known, service, data)
    this.#options.metrics.add('recado_denied_total', 1, { reason: 'another_user' })
    const fields = { user: known, as: isName(user) ? user : '', service }
    this.#denied.warn('another_user', fields, 'Denied what a user asked in the name of another')
    throw new RecadoError('denied', 'The token is of another user')
  }

  /** What `authorise` let begin has been answered. */
  ended(user: string): void {
    this.#limits.ended(user)
  }

  /** @throws RecadoError `denied` when this user has created as many channels as one may */
  checkMayCreate(user: string): void {
    const { desk, userChannels } = this.#options
    if (desk.channelsMadeBy(user) < userChannels) return
    const what = `A user creates at most ${userChannels} channels (limit: channels)`
    throw this.#beyondLimit(user, 'channel', new RecadoError('denied', what))
  }

  #begin(user: string, service: string, data: Request['data']): string {
    const { desk } = this.#options
    const more = service === 'channel' && !(isName(data['channel']) && desk.knowsChannel(data['channel']))
    if (more) this.checkMayCreate(user)
    try {
      this.#limits.began(user, messageBytes(data))
    } catch (error) {
      throw this.#beyondLimit(user, service, error)
    }
    return user
  }

  #beyondLimit<Fault>(user: string, service: string, fault: Fault): Fault {
    this.#options.metrics.add('recado_denied_total', 1, { reason: 'limit' })
    this.#denied.warn('limit', { user, service }, 'Denied what is beyond a limit')
    return fault
  }
}

/** What checks the secret that an operation set. */
function verifierIn(operation: Operation | undefined): string | undefined {
  const message = operation?.message
  if (typeof message !== 'string') return undefined
  return (operation?.kind === 'change' ? parseSecretChange : parseFirstSecret)(message).verifier
}
