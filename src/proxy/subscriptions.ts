import { type Credentials, type Log, type Metrics, type Timers, WarningsByReason } from '../ports/index.ts'
import { grantTopic, isName, parseToken, TOKEN_LENGTH_MAX, userTopic } from '../wire/index.ts'

const [UNSUBSCRIBE, SUBSCRIBE] = [0, 1]
/** One byte, and a token in its topic: what is longest of all that may be asked for. */
const BYTES_MAX = 1 + grantTopic('').length + TOKEN_LENGTH_MAX

export interface SubscriptionsOptions {
  readonly credentials: Credentials
  /** Ms since 1970 UTC. */
  readonly now: () => number
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
}

/** What becomes of what a subscriber asked for. */
export interface Decision {
  readonly subscribe?: string
  readonly unsubscribe?: string
}

type Reason = 'malformed' | 'subscription' | 'grant'

const NOTHING: Decision = {}

/**
 * What a subscriber may hear, in secured mode: channels by their whole topic, and with the token of a login, as topic
 * `grant/<token>/`, that user's direct messages. Whatever else it asks for gives nothing, for it would cover what is
 * another's: parts of topics, inboxes, all.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #denied: WarningsByReason<Reason>

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#denied = new WarningsByReason(
      options,
      { audit: 'denied' },
      'Denied more of what subscribers asked for',
    )
  }

  /** A subscription is one byte and a topic. */
  decide(message: Uint8Array): Decision {
    const [first] = message
    const asks = first === SUBSCRIBE
    if ((!asks && first !== UNSUBSCRIBE) || message.byteLength > BYTES_MAX) return this.#deny('malformed')
    const topic = Buffer.from(message.buffer, message.byteOffset + 1, message.byteLength - 1).toString(
      'latin1',
    )
    const [kind, name, end, ...more] = topic.split('/')
    const whole = end === '' && more.length === 0
    if (kind === 'channel' && isName(name) && whole)
      return asks ? { subscribe: topic } : { unsubscribe: topic }
    // One who asks for an inbox sets the filter of its own socket by that. What it hears is decided by its grant.
    if (kind === 'user' && isName(name) && whole) return NOTHING
    if (!asks) return NOTHING
    return kind === 'grant' && whole ? this.#grant(name) : this.#deny('subscription')
  }

  #grant(given: string | undefined): Decision {
    const { credentials, now } = this.#options
    const token = parseToken(given)
    const good =
      token !== undefined && token.expiry > now() && credentials.isSigned(token.signed, token.signature)
    return good ? { subscribe: userTopic(token.user) } : this.#deny('grant')
  }

  #deny(reason: Reason): Decision {
    this.#options.metrics.add('recado_denied_total', 1, { reason })
    this.#denied.warn(reason, {}, 'Denied what a subscriber asked for')
    return NOTHING
  }
}
