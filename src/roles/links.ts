import { type AddressWatch, watchAddresses } from '../adapters/resolver.ts'
import { isAddress } from '../config/index.ts'
import { BoundedWarnings, type Log, type Timers } from '../ports/index.ts'

/** What a link is made of: a socket, or several, to one resolved address. */
export interface Closable {
  close(): Promise<void>
}

export interface LinksOptions<Link extends Closable> {
  readonly timers: Timers
  readonly log: Log
  /** Whether a link can be opened to what ref names; what is no address is left out. */
  readonly isUsable?: (address: string) => boolean
  /** Opens a link to `tcp://ip:port`. */
  readonly open: (address: string) => Link
  /** These are the resolved addresses now; links to all of them are open. */
  readonly changed?: (addresses: readonly string[]) => void
}

/**
 * Links to all processes of one kind. Where they are comes from a setting and from ref; names among these addresses
 * stand for all their addresses, and are looked up again and again, so that a replaced process is found.
 */
export class Links<Link extends Closable> {
  readonly #options: LinksOptions<Link>
  readonly #links = new Map<string, Link>()
  readonly #configured: readonly string[]
  #told: readonly string[] = []
  readonly #warnings: BoundedWarnings
  #watch: AddressWatch

  constructor(configured: readonly string[], options: LinksOptions<Link>) {
    this.#options = options
    this.#configured = configured
    this.#warnings = new BoundedWarnings(options, {}, 'Left out more addresses')
    this.#watch = this.#look()
  }

  get(address: string): Link | undefined {
    return this.#links.get(address)
  }

  all(): Iterable<Link> {
    return this.#links.values()
  }

  get addresses(): readonly string[] {
    return [...this.#links.keys()]
  }

  /** Addresses that ref names, beside the configured ones: whatever processes said of themselves. */
  told(addresses: readonly string[]): void {
    if (addresses.length === this.#told.length && addresses.every((each) => this.#told.includes(each))) return
    this.#told = addresses
    this.#watch.close()
    this.#watch = this.#look()
  }

  async close(): Promise<void> {
    this.#watch.close()
    const links = [...this.#links.values()]
    this.#links.clear()
    await Promise.all(links.map((link) => link.close()))
  }

  #look(): AddressWatch {
    const { timers, log, isUsable = isAddress } = this.#options
    const named = this.#told.filter((address) => {
      const usable = isUsable(address)
      if (!usable) this.#warnings.warn({ address }, 'Left out what ref names: it is no address')
      return usable
    })
    return watchAddresses([...new Set([...this.#configured, ...named])], {
      timers,
      log,
      onChange: (resolved) => this.#set(resolved),
    })
  }

  #set(resolved: readonly string[]): void {
    for (const [address, link] of this.#links) {
      if (resolved.includes(address)) continue
      this.#links.delete(address)
      link
        .close()
        .catch((error: unknown) => this.#options.log.warn({ err: error, address }, 'Cannot close a link'))
    }
    for (const address of resolved) {
      if (!this.#links.has(address)) this.#links.set(address, this.#options.open(address))
    }
    this.#options.changed?.(resolved)
  }
}
