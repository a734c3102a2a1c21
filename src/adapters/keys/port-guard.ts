import {
  BoundedWarnings,
  type Guard,
  type KeyPair,
  type Log,
  type Metrics,
  type Timers,
} from '../../ports/index.ts'

export interface PortGuardOptions {
  readonly domain: string
  readonly pair: () => KeyPair
  /** The name under which a public key is listed for this port now. */
  readonly nameOf: (publicKey: string) => string | undefined
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
}

/** Judges who comes to one port, remembers whom it let in, and has all come anew when one of them is welcome no more. */
export class PortGuard implements Guard {
  readonly domain: string
  readonly #options: PortGuardOptions
  readonly #callbacks = new Set<() => void>()
  /** Keys let in since the last renewal, with their names. */
  readonly #inside = new Map<string, string>()
  readonly #refused: BoundedWarnings
  #secretKey: string

  constructor(options: PortGuardOptions) {
    this.#options = options
    this.domain = options.domain
    this.#refused = new BoundedWarnings(
      options,
      { audit: 'refused', port: this.domain },
      'Refused more peers',
    )
    this.#secretKey = options.pair().secretKey
  }

  get pair(): KeyPair {
    return this.#options.pair()
  }

  admits(publicKey: string, address: string): boolean {
    const { nameOf, log } = this.#options
    const name = nameOf(publicKey)
    this.#count(name === undefined ? 'unknown_key' : 'admitted')
    if (name === undefined) {
      this.#refused.warn({ key: publicKey, address }, 'Refused a key that is not listed')
      return false
    }
    if (!this.#inside.has(publicKey))
      log.info({ audit: 'admitted', port: this.domain, key_name: name }, 'Admitted a key')
    this.#inside.set(publicKey, name)
    return true
  }

  turnedAway(kind: 'protocol' | 'other'): void {
    this.#count(kind === 'protocol' ? 'no_proof' : 'broken_off')
    if (kind === 'protocol')
      this.#refused.warn({}, 'Refused a peer that proves no key, or speaks in the clear')
  }

  onRenew(callback: () => void): () => void {
    this.#callbacks.add(callback)
    return () => this.#callbacks.delete(callback)
  }

  /** The lists or the pair may have changed. */
  review(): void {
    const { nameOf, log } = this.#options
    const revoked = [...this.#inside].filter(([key]) => nameOf(key) === undefined)
    const { secretKey } = this.pair
    const replaced = secretKey !== this.#secretKey
    if (revoked.length === 0 && !replaced) return
    for (const [, name] of revoked) {
      log.warn(
        { audit: 'revoked', port: this.domain, key_name: name },
        'A key is revoked; its connections end',
      )
    }
    if (replaced)
      log.warn({ audit: 'pair_replaced', port: this.domain }, "The port's own key pair is replaced")
    this.#secretKey = secretKey
    this.#inside.clear()
    for (const callback of this.#callbacks) callback()
  }

  #count(result: string): void {
    this.#options.metrics.add('recado_handshakes_total', 1, { port: this.domain, result })
  }
}
